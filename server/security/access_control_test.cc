// Tests what a refused caller learns, and what is counted.
#include "server/security/access_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

using security::RefusalReason;
using ::testing::AllOf;
using ::testing::HasSubstr;

const char kCluster[] = "MkU3OEVBNTcwNTJENDM2Qg";
const char kCreateTopics[] = "/quorate.admin.v1.AdminService/CreateTopics";

class AccessControlTest : public testing::Test {
 protected:
  // Makes the call with a certificate that has the URI …/OWNER.
  absl::Status Check(Port port, const std::string& owner, std::string_view path) {
    return access_.CheckCall(
        port, {.subject = "CN=x", .uris = {std::string("quorate://cluster/") + kCluster + owner}},
        path);
  }
  uint64_t Refused(RefusalReason reason) const { return access_.refused().count(reason).value(); }

  const ManualClock clock_;
  const security::IdentityMap identities_{kCluster};
  AccessControl access_{&identities_, &clock_};
};

TEST_F(AccessControlTest, AnAllowedCallIsNotCounted) {
  EXPECT_TRUE(Check(Port::kClient, "/operator/maria", kCreateTopics).ok());
  for (const RefusalReason reason : security::kRefusalReasons) EXPECT_EQ(Refused(reason), 0u);
}

TEST_F(AccessControlTest, ACallOfAnotherRoleIsRefusedWithTheRolesThatMayMakeIt) {
  const absl::Status status = Check(Port::kClient, "/reader/maria", kCreateTopics);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("User:reader/maria may not call"),
                                      HasSubstr(kCreateTopics), HasSubstr("admin or operator")));
  EXPECT_EQ(Refused(RefusalReason::kRole), 1u);
}

TEST_F(AccessControlTest, AnOwnerWithoutARoleIsRefused) {
  const absl::Status status = access_.CheckCall(Port::kClient, {.subject = "CN=x"}, kCreateTopics);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("'CN=x' names no URI"), HasSubstr(kCluster)));
  EXPECT_EQ(Refused(RefusalReason::kNoRole), 1u);
}

TEST_F(AccessControlTest, ACallThatThePortDoesNotServeIsUnimplemented) {
  const absl::Status status = Check(Port::kBroker, "/admin/maria", kCreateTopics);
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("broker port"), HasSubstr(kCreateTopics)));
  EXPECT_EQ(Refused(RefusalReason::kNotServed), 1u);
}

TEST_F(AccessControlTest, ThePeerPortRefusesEveryoneButControllers) {
  for (const char* owner : {"/admin/maria", "/operator/maria", "/reader/maria", "/broker/1"}) {
    for (const char* path : {kCreateTopics, "/grpc.health.v1.Health/Check", "/none",
                             "/quorate.raft.v1.RaftService/Control"}) {
      const absl::Status status = Check(Port::kPeer, owner, path);
      EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
      EXPECT_THAT(status.message(), HasSubstr("the role")) << owner << path;
    }
  }
  EXPECT_THAT(Check(Port::kPeer, "/admin/maria", kCreateTopics).message(),
              HasSubstr("the peer port is for the role controller"));
  EXPECT_TRUE(Check(Port::kPeer, "/controller/1", "/quorate.raft.v1.RaftService/Control").ok());
}

TEST_F(AccessControlTest, ACallerIsTheOwnerOfItsCertificate) {
  EXPECT_EQ(access_.CallerOf(std::nullopt)->Principal(), "User:ANONYMOUS");
  const auto caller = [this](const std::string& owner) {
    return access_.CallerOf(
        security::CertificateNames{.uris = {std::string("quorate://cluster/") + kCluster + owner}});
  };
  EXPECT_EQ(caller("/admin/maria")->Principal(), "User:admin/maria");
  EXPECT_EQ(caller("/broker/3")->Principal(), "Broker:3");
  EXPECT_TRUE(absl::IsPermissionDenied(caller("/none/3").status()));
}

TEST_F(AccessControlTest, ABrokerSpeaksOnlyForItself) {
  const Caller broker = {security::Identity::Broker(BrokerId(2))};
  EXPECT_TRUE(access_.CheckSpeaksFor(broker, BrokerId(2)).ok());
  const absl::Status status = access_.CheckSpeaksFor(broker, BrokerId(1));
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("Broker:2 may not speak for broker 1"));
  EXPECT_EQ(Refused(RefusalReason::kOtherBroker), 1u);

  for (const Caller& other : {Caller{security::Identity::Controller(NodeId(1))},
                              Caller{security::Identity{.name = "maria"}}}) {
    EXPECT_TRUE(absl::IsPermissionDenied(access_.CheckSpeaksFor(other, BrokerId(1))));
  }
  EXPECT_TRUE(access_.CheckSpeaksFor({}, BrokerId(1)).ok()) << "plain text";
}

TEST_F(AccessControlTest, AnUnknownMethodIsQuotedEscapedAndBounded) {
  EXPECT_TRUE(absl::IsUnimplemented(Check(Port::kClient, "/admin/maria", "")));
  const std::string path = "/a\nb" + std::string(10'000, 'x');
  const absl::Status status = Check(Port::kClient, "/admin/maria", path);
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("/a\\nb"));
  EXPECT_LT(status.message().size(), 300u);
}

}  // namespace
}  // namespace quorate::server
