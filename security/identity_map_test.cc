// Tests whom a certificate belongs to.
#include "security/identity_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "security/testing/test_authority.h"

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

class RolesFileMapTest : public testing::Test {
 protected:
  explicit RolesFileMapTest(const std::string& text = "") {
    ReplaceFile(path_, text);
    auto opened = IdentityMap::Open(kCluster, path_);
    CHECK_OK(opened.status());
    map_ = *std::move(opened);
  }
  // Replaces the file and reads it again.
  absl::Status Edit(const std::string& text) {
    ReplaceFile(path_, text);
    return map_->Refresh().value_or(absl::NotFoundError("the file was not read again"));
  }

  const std::string path_ = TestDirectory() + "/roles";
  std::unique_ptr<IdentityMap> map_;
};

TEST_F(RolesFileMapTest, TheFileGivesRolesBySubjectAndUri) {
  ASSERT_TRUE(Edit("reader CN=x,O=corp\nbroker 3 URI:a://b\n").ok());
  EXPECT_EQ(*map_->Find({.subject = "CN=x,O=corp"}),
            (Identity{.role = Role::kReader, .name = "CN=x,O=corp"}));
  EXPECT_EQ(*map_->Find({.subject = "CN=y", .uris = {"c://d", "a://b"}}),
            Identity::Broker(BrokerId(3)));
  for (const CertificateNames& names :
       {CertificateNames{.subject = "CN=x"}, CertificateNames{.subject = "CN=x,O=corp,C=DE"},
        CertificateNames{.uris = {"a://b/"}}, CertificateNames{.uris = {std::string("a://b\0", 6)}},
        CertificateNames{}}) {
    EXPECT_FALSE(map_->Find(names).ok()) << names.subject;
  }
}

TEST_F(RolesFileMapTest, AUriOfTheClusterCountsAndNotTheFile) {
  ASSERT_TRUE(Edit("admin CN=x\nadmin URI:" + kBase + "reader/maria\n").ok());
  EXPECT_EQ(*map_->Find({.subject = "CN=x", .uris = {kBase + "reader/maria"}}),
            (Identity{.role = Role::kReader, .name = "maria"}));
}

TEST_F(RolesFileMapTest, SeveralOwnersInTheFileAreNone) {
  ASSERT_TRUE(Edit("reader CN=x\nbroker 3 URI:a://b\nbroker 3 URI:a://c\n").ok());
  EXPECT_THAT(map_->Find({.subject = "CN=x", .uris = {"a://b"}}).status().message(),
              HasSubstr("several owners"));
  EXPECT_EQ(*map_->Find({.subject = "CN=y", .uris = {"a://b", "a://c"}}),
            Identity::Broker(BrokerId(3)));
}

TEST_F(RolesFileMapTest, ABadEditChangesNothing) {
  ASSERT_TRUE(Edit("reader CN=x\n").ok());
  const absl::Status status = Edit("admin CN=y\nreader\n");
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("roles-file '" + path_ + "', line 2: "), HasSubstr("is missing")));
  EXPECT_TRUE(map_->Find({.subject = "CN=x"}).ok());
  EXPECT_FALSE(map_->Find({.subject = "CN=y"}).ok());
  EXPECT_EQ(map_->Refresh(), std::nullopt) << "it is not read again before it changes";

  PCHECK(unlink(path_.c_str()) == 0);
  EXPECT_THAT(map_->Refresh()->message(), HasSubstr("cannot read roles-file"));
  EXPECT_TRUE(map_->Find({.subject = "CN=x"}).ok());

  ASSERT_TRUE(Edit("reader CN=y\n").ok());
  EXPECT_FALSE(map_->Find({.subject = "CN=x"}).ok());
  EXPECT_TRUE(map_->Find({.subject = "CN=y"}).ok());
}

TEST_F(RolesFileMapTest, ALargeFileIsRefused) {
  EXPECT_THAT(Edit(std::string(kMaxRolesFileBytes + 1, '\n')).message(),
              AllOf(HasSubstr(path_), HasSubstr("larger than 1024 KiB")));
}

TEST_F(RolesFileMapTest, WithoutTheFileTheMapDoesNotOpen) {
  EXPECT_THAT(IdentityMap::Open(kCluster, path_ + ".none").status().message(),
              AllOf(HasSubstr("cannot read roles-file"), HasSubstr("No such file")));
}

TEST(PrincipalTest, NamesTheOwnerAndTheRole) {
  EXPECT_EQ(PrincipalOf(Identity::Controller(NodeId(1))), "Controller:1");
  EXPECT_EQ(PrincipalOf(Identity::Broker(BrokerId(3))), "Broker:3");
  EXPECT_EQ(PrincipalOf({.role = Role::kAdmin, .name = "maria"}), "User:admin/maria");
  EXPECT_EQ(PrincipalOf({.role = Role::kOperator, .name = "maria"}), "User:operator/maria");
}

}  // namespace
}  // namespace quorate::security
