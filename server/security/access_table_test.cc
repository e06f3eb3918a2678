// Tests that the table of calls covers every method of every service, and what it says.
#include "server/security/access_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/audit/v1/audit_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/broker/v1/broker_view_service.pb.h"
#include "quorate/metadata/v1/metadata_service.pb.h"
#include "quorate/metadata/v1/records.pb.h"
#include "quorate/process/v1/process_service.pb.h"
#include "quorate/raft/v1/raft_service.pb.h"

namespace quorate::server {
namespace {

using security::Role;
using ::testing::ElementsAreArray;
using ::testing::UnorderedElementsAreArray;

// The only service that no proto of the source tree defines; gRPC brings it along.
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// Returns the paths of all methods that the proto files of the source tree define.
std::vector<std::string> DefinedMethods() {
  // Links the files with services into this program.
  for (const google::protobuf::Descriptor* message :
       {admin::v1::ListTopicsRequest::descriptor(),
        audit::v1::ListAuditRecordsRequest::descriptor(),
        broker::v1::HeartbeatRequest::descriptor(), broker::v1::GetIdentityRequest::descriptor(),
        metadata::v1::SubscribeRequest::descriptor(), metadata::v1::Record::descriptor(),
        process::v1::GetMetricsRequest::descriptor(), raft::v1::PeerMessage::descriptor(),
        ::grpc::health::v1::HealthCheckRequest::descriptor()}) {
    EXPECT_NE(message, nullptr);
  }
  const std::filesystem::path root = QUORATE_SOURCE_DIR "/proto";
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".proto") continue;
    const std::string name = std::filesystem::relative(entry.path(), root).string();
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    EXPECT_NE(file, nullptr) << name << " is new: add one of its messages to the list above";
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        paths.push_back(absl::StrCat("/", file->service(i)->full_name(), "/",
                                     file->service(i)->method(j)->name()));
      }
    }
  }
  return paths;
}

TEST(AccessTableTest, EveryMethodHasOneRowAndEveryRowAMethod) {
  std::vector<std::string> expected = DefinedMethods();
  EXPECT_GT(expected.size(), 25u);
  expected.emplace_back(kReflection);
  std::vector<std::string> rows;
  for (const AccessRow& row : AccessTable()) rows.emplace_back(row.path);
  EXPECT_THAT(rows, UnorderedElementsAreArray(expected));
}

// Returns the methods of AdminService that the role may call.
std::set<std::string> AdminCallsOf(Role role) {
  std::set<std::string> calls;
  constexpr std::string_view kService = "/quorate.admin.v1.AdminService/";
  for (const AccessRow& row : AccessTable()) {
    if (!row.path.starts_with(kService) || !row.roles.Contains(role)) continue;
    calls.insert(std::string(row.path.substr(kService.size())));
  }
  return calls;
}

TEST(AccessTableTest, EachRoleOfPeopleMayDoMoreThanTheOneBefore) {
  const std::set<std::string> reads = {"DescribeCluster",
                                       "DescribeConfigs",
                                       "DescribeQuorum",
                                       "DescribeTopics",
                                       "ListPartitionReassignments",
                                       "ListTopics"};
  EXPECT_THAT(AdminCallsOf(Role::kReader), ElementsAreArray(reads));
  std::set<std::string> operations = reads;
  operations.insert({"AlterPartitionReassignments", "CreatePartitions", "CreateTopics",
                     "IncrementalAlterConfigs", "TransferLeadership"});
  EXPECT_THAT(AdminCallsOf(Role::kOperator), ElementsAreArray(operations));
  std::set<std::string> all = operations;
  all.insert({"AddVoter", "DeleteTopics", "ElectLeaders", "RemoveVoter", "UnregisterBroker",
              "UpdateFeatures"});
  EXPECT_THAT(AdminCallsOf(Role::kAdmin), ElementsAreArray(all));
  EXPECT_THAT(AdminCallsOf(Role::kBroker), ElementsAreArray({"DescribeCluster"}));
  EXPECT_TRUE(AdminCallsOf(Role::kController).empty());
}

TEST(AccessTableTest, OnlyBrokersSpeakForBrokersAndOnlyControllersForControllers) {
  for (const AccessRow& row : AccessTable()) {
    for (const Role role : security::kRoles) {
      if (row.path.starts_with("/quorate.broker.v1.BrokerService/")) {
        EXPECT_EQ(row.roles.Contains(role), role == Role::kBroker) << row.path;
      }
      if (row.path.starts_with("/quorate.raft.v1.RaftService/")) {
        EXPECT_EQ(row.roles.Contains(role), role == Role::kController) << row.path;
      }
    }
  }
}

TEST(AccessTableTest, ThePeerPortIsForControllersAndTheirCallsAlone) {
  for (const AccessRow& row : AccessTable()) {
    const bool is_raft = row.path.starts_with("/quorate.raft.v1.RaftService/");
    EXPECT_EQ(row.ports.Contains(Port::kPeer), is_raft) << row.path;
    for (const Role role : security::kRoles) {
      const Access access = AccessOf(&row, Port::kPeer, role);
      EXPECT_EQ(access == Access::kAllowed, is_raft && role == Role::kController) << row.path;
      if (role == Role::kController) continue;
      EXPECT_EQ(access, Access::kDenied) << row.path;
    }
  }
  EXPECT_EQ(RolesText(RolesOf(Port::kPeer)), "controller");
}

TEST(AccessTableTest, ACallIsAllowedDeniedOrNotServed) {
  const AccessRow* create = FindAccessRow("/quorate.admin.v1.AdminService/CreateTopics");
  ASSERT_NE(create, nullptr);
  EXPECT_EQ(AccessOf(create, Port::kClient, Role::kOperator), Access::kAllowed);
  EXPECT_EQ(AccessOf(create, Port::kClient, Role::kReader), Access::kDenied);
  EXPECT_EQ(AccessOf(create, Port::kBroker, Role::kReader), Access::kDenied);
  EXPECT_EQ(AccessOf(create, Port::kBroker, Role::kOperator), Access::kNotServed);
  EXPECT_EQ(AccessOf(create, Port::kPeer, Role::kOperator), Access::kDenied);

  EXPECT_EQ(FindAccessRow("/quorate.admin.v1.AdminService/CreateTopic"), nullptr);
  EXPECT_EQ(FindAccessRow("quorate.admin.v1.AdminService/CreateTopics"), nullptr);
  EXPECT_EQ(FindAccessRow(""), nullptr);
  EXPECT_EQ(AccessOf(nullptr, Port::kClient, Role::kAdmin), Access::kNotServed);
  EXPECT_EQ(AccessOf(nullptr, Port::kPeer, Role::kAdmin), Access::kDenied);
}

TEST(AccessTableTest, RolesAreListedInASentence) {
  EXPECT_EQ(RolesText({Role::kAdmin}), "admin");
  EXPECT_EQ(RolesText({Role::kOperator, Role::kAdmin}), "admin or operator");
  EXPECT_EQ(RolesText({Role::kReader, Role::kBroker, Role::kAdmin}), "broker, admin or reader");
}

}  // namespace
}  // namespace quorate::server
