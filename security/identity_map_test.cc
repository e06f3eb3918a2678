// Tests whom a certificate belongs to.
#include "security/identity_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quorate::security {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char kCluster[] = "MkU3OEVBNTcwNTJENDM2Qg";
const std::string kBase = "quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/";
const std::string kForeign = "quorate://cluster/AAAAAAAAAAAAAAAAAAAAAA/";

class IdentityMapTest : public testing::Test {
 protected:
  absl::StatusOr<Identity> Find(std::vector<std::string> uris) const {
    return map_.Find({.subject = "CN=x", .uris = std::move(uris)});
  }

  const IdentityMap map_{kCluster};
};

TEST_F(IdentityMapTest, TheUriOfTheClusterCounts) {
  EXPECT_EQ(*Find({kBase + "controller/2"}), Identity::Controller(NodeId(2)));
  EXPECT_EQ(*Find({"spiffe://other", kForeign + "admin/x", kBase + "broker/3"}),
            Identity::Broker(BrokerId(3)));
  EXPECT_EQ(*Find({kBase + "reader/maria"}), (Identity{.role = Role::kReader, .name = "maria"}));
  EXPECT_EQ(*Find({kBase + "reader/maria", kBase + "reader/maria"}),
            (Identity{.role = Role::kReader, .name = "maria"}));
}

TEST_F(IdentityMapTest, WithoutAUriOfTheClusterThereIsNoRole) {
  for (const std::string& uri : {kForeign + "admin/x", kBase + "admin/", std::string("a://b")}) {
    const absl::Status status = Find({uri}).status();
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("'CN=x' names " + uri), HasSubstr(kCluster),
                                        HasSubstr(kBase + "reader/NAME")));
  }
  EXPECT_THAT(Find({}).status().message(), HasSubstr("names no URI"));
}

TEST_F(IdentityMapTest, SeveralOwnersAreNone) {
  const absl::Status status = Find({kBase + "reader/a", kBase + "admin/a"}).status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("several owners"), HasSubstr("reader/a"),
                                      HasSubstr("admin/a"), HasSubstr("one certificate for each")));
}

TEST_F(IdentityMapTest, MessagesAreBounded) {
  const std::string long_text(100'000, 'x');
  const absl::Status status =
      map_.Find({.subject = long_text, .uris = std::vector<std::string>(1000, long_text)}).status();
  EXPECT_LT(status.message().size(), 1024u);
}

TEST(PrincipalTest, NamesTheOwnerAndTheRole) {
  EXPECT_EQ(PrincipalOf(Identity::Controller(NodeId(1))), "Controller:1");
  EXPECT_EQ(PrincipalOf(Identity::Broker(BrokerId(3))), "Broker:3");
  EXPECT_EQ(PrincipalOf({.role = Role::kAdmin, .name = "maria"}), "User:admin/maria");
  EXPECT_EQ(PrincipalOf({.role = Role::kOperator, .name = "maria"}), "User:operator/maria");
}

}  // namespace
}  // namespace quorate::security
