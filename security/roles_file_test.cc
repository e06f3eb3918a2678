// Tests the syntax of a roles file.
#include "security/roles_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quorate::security {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string ErrorIn(const std::string& text) {
  const absl::Status status = ParseRolesFile(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(RolesFileTest, EachLineGivesANameARole) {
  const auto roles = ParseRolesFile(
      "# the people\n"
      "admin CN=alice,O=corp\n"
      "\n"
      "operator\tURI:spiffe://corp/ops\r\n"
      "  reader   CN=grafana \\+ co,OU=Our Monitoring,O=corp  \n"
      "broker 3 URI:spiffe://corp/kafka/3\n"
      "controller  0  CN=c");
  ASSERT_TRUE(roles.ok()) << roles.status();
  EXPECT_EQ(
      *roles,
      (NamedRoles{
          {"CN=alice,O=corp", {.role = Role::kAdmin, .name = "CN=alice,O=corp"}},
          {"URI:spiffe://corp/ops", {.role = Role::kOperator, .name = "URI:spiffe://corp/ops"}},
          {"CN=grafana \\+ co,OU=Our Monitoring,O=corp",
           {.role = Role::kReader, .name = "CN=grafana \\+ co,OU=Our Monitoring,O=corp"}},
          {"URI:spiffe://corp/kafka/3", Identity::Broker(BrokerId(3))},
          {"CN=c", Identity::Controller(NodeId(0))}}));
}

TEST(RolesFileTest, AnEmptyFileGivesNoRole) {
  for (const char* text : {"", "\n", "# nothing\n   \n"})
    EXPECT_TRUE(ParseRolesFile(text)->empty());
}

TEST(RolesFileTest, AMalformedLineIsRefusedWithItsNumberAndTheRemedy) {
  EXPECT_THAT(ErrorIn("admin CN=a\nroot CN=b\n"),
              AllOf(HasSubstr("line 2: 'root' is not a role"), HasSubstr("begin the line with")));
  EXPECT_THAT(ErrorIn("Admin CN=a"), HasSubstr("line 1: 'Admin' is not a role"));
  EXPECT_THAT(ErrorIn("CN=alice,O=corp admin"), HasSubstr("is not a role"));
  EXPECT_THAT(ErrorIn("\n\nadmin"), HasSubstr("line 3: a name of the certificate is missing"));
  EXPECT_THAT(ErrorIn("broker 3"), HasSubstr("line 1: a name of the certificate is missing"));
  EXPECT_THAT(ErrorIn("admin alice"), HasSubstr("'alice' is neither a subject"));
  EXPECT_THAT(ErrorIn("admin URI:"), HasSubstr("nor a URI"));
  EXPECT_THAT(ErrorIn("admin URI:alice"), HasSubstr("'alice' is neither"));
  EXPECT_THAT(ErrorIn("reader CN=\xc3\xa4"), HasSubstr("line 1: it has a character"));
  EXPECT_THAT(ErrorIn(std::string("reader CN=a\0b", 13)), HasSubstr("it has a character"));
  EXPECT_THAT(ErrorIn("broker 3\tCN=a\tb"),
              HasSubstr("line 1: the name 'CN=a\\tb' contains a tab"));
  for (const char* id : {"x", "-1", "+1", "01", "2147483648", "CN=a"}) {
    EXPECT_THAT(ErrorIn(std::string("broker ") + id + " CN=a"),
                AllOf(HasSubstr(std::string("'") + id + "' is not the id of a broker"),
                      HasSubstr("'broker 3'")));
  }
}

TEST(RolesFileTest, ARepeatedNameIsRefused) {
  EXPECT_THAT(ErrorIn("admin CN=a\nreader CN=b\nreader CN=a\n"),
              HasSubstr("line 3: an earlier line gives 'CN=a' a role"));
}

TEST(RolesFileTest, NamesAndMessagesAreBounded) {
  const std::string longest = "CN=" + std::string(Identity::kMaxNameBytes - 3, 'x');
  EXPECT_TRUE(ParseRolesFile("admin " + longest).ok());
  EXPECT_THAT(ErrorIn("admin " + longest + "x"), HasSubstr("has 257 bytes, and the limit is 256"));
  EXPECT_LT(ErrorIn(std::string(1'000'000, 'x')).size(), 250u);
}

}  // namespace
}  // namespace quorate::security
