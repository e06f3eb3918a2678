#include "controller/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace quorate::controller {
namespace {

using ::testing::IsSupersetOf;

// The log and controllers of other versions know the operations by these names. They never change,
// and a name that is no longer used is never given to another operation. A release adds its new
// names here.
TEST(OperationsTest, NamesInTheLogArePermanent) {
  std::vector<std::string> names;
  ForEachOperation([&](const auto& operation) { names.emplace_back(operation.log_name); });
  EXPECT_THAT(names, IsSupersetOf({"quorate.admin.v1.AdminService/CreateTopics",
                                   "quorate.admin.v1.AdminService/CreatePartitions",
                                   "quorate.admin.v1.AdminService/DeleteTopics",
                                   "quorate.admin.v1.AdminService/IncrementalAlterConfigs",
                                   "quorate.admin.v1.AdminService/UpdateFeatures",
                                   "quorate.broker.v1.BrokerService/RegisterBroker",
                                   "quorate.broker.v1.BrokerService/AlterPartition",
                                   "quorate.broker.v1.BrokerService/AllocateProducerIds",
                                   "quorate.broker.v1.BrokerService/AssignReplicasToDirs",
                                   "quorate.broker.v1.BrokerService/ReportRoles",
                                   "quorate.admin.v1.AdminService/AddVoter",
                                   "quorate.admin.v1.AdminService/RemoveVoter",
                                   "quorate.admin.v1.AdminService/TransferLeadership",
                                   "quorate.admin.v1.AdminService/DescribeCluster",
                                   "quorate.admin.v1.AdminService/DescribeQuorum",
                                   "quorate.admin.v1.AdminService/UnregisterBroker",
                                   "quorate.admin.v1.AdminService/ElectLeaders",
                                   "quorate.admin.v1.AdminService/AlterPartitionReassignments"}));
}

TEST(OperationsTest, FieldsFitTogether) {
  ForEachOperation(
      [](const auto& operation) { EXPECT_TRUE(operation.is_consistent()) << operation.label; });
}

TEST(OperationsTest, NamesAndLabelsAreUnique) {
  std::set<std::string> names;
  std::set<std::string> labels;
  ForEachOperation([&](const auto& operation) {
    EXPECT_TRUE(names.emplace(operation.log_name).second) << operation.log_name;
    EXPECT_TRUE(labels.emplace(operation.label).second) << operation.label;
  });
}

TEST(OperationsTest, LabelsAreSnakeCase) {
  ForEachOperation([](const auto& operation) {
    EXPECT_TRUE(std::all_of(operation.label.begin(), operation.label.end(), [](char c) {
      return c == '_' || (c >= 'a' && c <= 'z');
    })) << operation.label;
  });
}

TEST(OperationsTest, OnlyReadsAskToDescribe) {
  ForEachOperation([](const auto& operation) {
    EXPECT_EQ(operation.access.action == AccessAction::kDescribe,
              operation.repetition == Repetition::kRead)
        << operation.label;
  });
}

// A new operation that writes is in the audit log only if its row names a resource.
TEST(OperationsTest, EveryWriteNamesItsResource) {
  ForEachOperation([](const auto& operation) {
    const bool writes =
        operation.repetition != Repetition::kRead && operation.label != kReportRoles.label;
    EXPECT_EQ(operation.resource != nullptr, writes) << operation.label;
  });
}

TEST(OperationsTest, ARequestIdMakesAWriteRepeatable) {
  admin::v1::CreateTopicsRequest request;
  EXPECT_EQ(RepetitionOf(kCreateTopics, request), Repetition::kNever);
  request.mutable_request_id();
  EXPECT_EQ(RepetitionOf(kCreateTopics, request), Repetition::kByRequestId);
}

TEST(OperationsTest, OnlyTheRemovalOfOneReplicaIsGuarded) {
  admin::v1::RemoveVoterRequest request;
  EXPECT_EQ(RepetitionOf(kRemoveVoter, request), Repetition::kNever);
  request.set_directory_id("AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_EQ(RepetitionOf(kRemoveVoter, request), Repetition::kGuarded);
}

TEST(OperationsTest, OnlyATransferToANamedTargetIsGuarded) {
  admin::v1::TransferLeadershipRequest request;
  EXPECT_EQ(RepetitionOf(kTransferLeadership, request), Repetition::kNever);
  request.set_target_node_id(2);
  EXPECT_EQ(RepetitionOf(kTransferLeadership, request), Repetition::kGuarded);
}

TEST(OperationsTest, ReadsAndGuardedRequestsAreRepeatable) {
  EXPECT_EQ(RepetitionOf(kDescribeCluster, {}), Repetition::kRead);
  EXPECT_EQ(RepetitionOf(kAddVoter, {}), Repetition::kGuarded);
  EXPECT_EQ(RepetitionOf(kAlterPartition, {}), Repetition::kGuarded);
}

}  // namespace
}  // namespace quorate::controller
