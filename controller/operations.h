// The table of operations: one row for each kind of request that the active controller executes
// for clients and brokers.
//
// Heartbeats are not in the table. They are messages on a stream, and a controller that is not the
// active one never forwards them.
#pragma once

#include <tuple>

#include "controller/decide/brokers/unregister_broker.h"
#include "controller/decide/configs/config_decisions.h"
#include "controller/decide/features/feature_decisions.h"
#include "controller/decide/leaders/elect_leaders.h"
#include "controller/decide/partitions/alter_reassignments.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/operation.h"
#include "controller/resource_text.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

inline constexpr Operation<admin::v1::CreateTopicsRequest, admin::v1::CreateTopicsResponse>
    kCreateTopics = {
        .log_name = "quorate.admin.v1.AdminService/CreateTopics",
        .label = "create_topics",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kTopic, AccessAction::kCreate},
        .resource = ResourceText,
        .mutates_partitions = true,
        .decision = {DecideCreateTopics, ToResponse, ItemCount, CheckSize, IsLarge},
};

inline constexpr Operation<admin::v1::CreatePartitionsRequest, admin::v1::CreatePartitionsResponse>
    kCreatePartitions = {
        .log_name = "quorate.admin.v1.AdminService/CreatePartitions",
        .label = "create_partitions",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kTopic, AccessAction::kAlter},
        .resource = ResourceText,
        .mutates_partitions = true,
        .decision = {DecideCreatePartitions, ToResponse, ItemCount, CheckSize, IsLarge},
};

inline constexpr Operation<admin::v1::DeleteTopicsRequest, admin::v1::DeleteTopicsResponse>
    kDeleteTopics = {
        .log_name = "quorate.admin.v1.AdminService/DeleteTopics",
        .label = "delete_topics",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kTopic, AccessAction::kDelete},
        .resource = ResourceText,
        .mutates_partitions = true,
        .decision = {DecideDeleteTopics, ToResponse, ItemCount, CheckSize, IsLarge},
};

inline constexpr Operation<admin::v1::IncrementalAlterConfigsRequest,
                           admin::v1::IncrementalAlterConfigsResponse>
    kIncrementalAlterConfigs = {
        .log_name = "quorate.admin.v1.AdminService/IncrementalAlterConfigs",
        .label = "incremental_alter_configs",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kConfigResource, AccessAction::kAlterConfigs},
        .resource = ResourceText,
        .decision = {DecideIncrementalAlterConfigs, ToResponse, ItemCount, CheckSize, IsLarge},
};

// The decision depends on the quorum and on the brokers' sessions (FeatureUpdates).
inline constexpr Operation<admin::v1::UpdateFeaturesRequest, admin::v1::UpdateFeaturesResponse>
    kUpdateFeatures = {
        .log_name = "quorate.admin.v1.AdminService/UpdateFeatures",
        .label = "update_features",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
        .decision = {nullptr, ToResponse, ItemCount, CheckSize, IsLarge},
};

// Guarded by the incarnation id: a repeated request of one incarnation changes nothing.
inline constexpr Operation<broker::v1::RegisterBrokerRequest, broker::v1::RegisterBrokerResponse>
    kRegisterBroker = {
        .log_name = "quorate.broker.v1.BrokerService/RegisterBroker",
        .label = "register_broker",
        .repetition = Repetition::kGuarded,
        .access = {AccessResource::kCluster, AccessAction::kClusterAction},
        .resource = ResourceText,
};

// Guarded by the epochs of the broker and of each partition.
inline constexpr Operation<broker::v1::AlterPartitionRequest, broker::v1::AlterPartitionResponse>
    kAlterPartition = {
        .log_name = "quorate.broker.v1.BrokerService/AlterPartition",
        .label = "alter_partition",
        .repetition = Repetition::kGuarded,
        .access = {AccessResource::kCluster, AccessAction::kClusterAction},
        .resource = ResourceText,
};

// Guarded by the broker's epoch. A repeated request takes another block, which harms nobody.
inline constexpr Operation<broker::v1::AllocateProducerIdsRequest,
                           broker::v1::AllocateProducerIdsResponse>
    kAllocateProducerIds = {
        .log_name = "quorate.broker.v1.BrokerService/AllocateProducerIds",
        .label = "allocate_producer_ids",
        .repetition = Repetition::kGuarded,
        .access = {AccessResource::kCluster, AccessAction::kClusterAction},
        .resource = ResourceText,
};

// Guarded by the broker's epoch. A repeated request changes nothing.
inline constexpr Operation<broker::v1::AssignReplicasToDirsRequest,
                           broker::v1::AssignReplicasToDirsResponse>
    kAssignReplicasToDirs = {
        .log_name = "quorate.broker.v1.BrokerService/AssignReplicasToDirs",
        .label = "assign_replicas_to_dirs",
        .repetition = Repetition::kGuarded,
        .access = {AccessResource::kCluster, AccessAction::kClusterAction},
        .resource = ResourceText,
};

// For display only, so nothing is written, and guarded by the broker's epoch.
inline constexpr Operation<broker::v1::ReportRolesRequest, broker::v1::ReportRolesResponse>
    kReportRoles = {
        .log_name = "quorate.broker.v1.BrokerService/ReportRoles",
        .label = "report_roles",
        .repetition = Repetition::kGuarded,
        .access = {AccessResource::kCluster, AccessAction::kClusterAction},
};

// Guarded by the directory id, which names one replica: if that replica is a voter again, it was
// added again.
inline constexpr Operation<admin::v1::AddVoterRequest, admin::v1::ChangeVotersResponse> kAddVoter =
    {
        .log_name = "quorate.admin.v1.AdminService/AddVoter",
        .label = "add_voter",
        .repetition = Repetition::kGuarded,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
};

// Without a directory id, a repeated request could remove another replica that was added under the
// same node id meanwhile.
inline bool NamesOneReplica(const admin::v1::RemoveVoterRequest& request) {
  return !request.directory_id().empty();
}
inline constexpr Operation<admin::v1::RemoveVoterRequest, admin::v1::ChangeVotersResponse>
    kRemoveVoter = {
        .log_name = "quorate.admin.v1.AdminService/RemoveVoter",
        .label = "remove_voter",
        .repetition = Repetition::kGuarded,
        .is_guarded = NamesOneReplica,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
};

// Without a target, a repeated request would move leadership again.
inline bool NamesTheTarget(const admin::v1::TransferLeadershipRequest& request) {
  return request.has_target_node_id();
}
inline constexpr Operation<admin::v1::TransferLeadershipRequest,
                           admin::v1::TransferLeadershipResponse>
    kTransferLeadership = {
        .log_name = "quorate.admin.v1.AdminService/TransferLeadership",
        .label = "transfer_leadership",
        .repetition = Repetition::kGuarded,
        .is_guarded = NamesTheTarget,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
};

inline constexpr Operation<admin::v1::DescribeClusterRequest, admin::v1::DescribeClusterResponse>
    kDescribeCluster = {
        .log_name = "quorate.admin.v1.AdminService/DescribeCluster",
        .label = "describe_cluster",
        .repetition = Repetition::kRead,
        .access = {AccessResource::kCluster, AccessAction::kDescribe},
};

inline constexpr Operation<admin::v1::DescribeQuorumRequest, admin::v1::DescribeQuorumResponse>
    kDescribeQuorum = {
        .log_name = "quorate.admin.v1.AdminService/DescribeQuorum",
        .label = "describe_quorum",
        .repetition = Repetition::kRead,
        .access = {AccessResource::kCluster, AccessAction::kDescribe},
};

inline constexpr Operation<admin::v1::UnregisterBrokerRequest, admin::v1::UnregisterBrokerResponse>
    kUnregisterBroker = {
        .log_name = "quorate.admin.v1.AdminService/UnregisterBroker",
        .label = "unregister_broker",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
        .decision = {DecideUnregisterBroker, ToResponse, ItemCount, CheckSize, IsLarge},
};

inline constexpr Operation<admin::v1::ElectLeadersRequest, admin::v1::ElectLeadersResponse>
    kElectLeaders = {
        .log_name = "quorate.admin.v1.AdminService/ElectLeaders",
        .label = "elect_leaders",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
        .decision = {DecideElectLeaders, ToResponse, ItemCount, CheckSize, IsLarge},
};

inline constexpr Operation<admin::v1::AlterPartitionReassignmentsRequest,
                           admin::v1::AlterPartitionReassignmentsResponse>
    kAlterPartitionReassignments = {
        .log_name = "quorate.admin.v1.AdminService/AlterPartitionReassignments",
        .label = "alter_partition_reassignments",
        .repetition = Repetition::kByRequestId,
        .access = {AccessResource::kCluster, AccessAction::kAlter},
        .resource = ResourceText,
        .decision = {DecideAlterPartitionReassignments, ToResponse, ItemCount, CheckSize, IsLarge},
};

// All operations, for code that does the same with each of them (ForEachOperation).
inline constexpr auto kOperations = std::tie(
    kCreateTopics, kCreatePartitions, kDeleteTopics, kIncrementalAlterConfigs, kUpdateFeatures,
    kRegisterBroker, kAlterPartition, kAllocateProducerIds, kAssignReplicasToDirs, kReportRoles,
    kAddVoter, kRemoveVoter, kTransferLeadership, kDescribeCluster, kDescribeQuorum,
    kUnregisterBroker, kElectLeaders, kAlterPartitionReassignments);

// Calls `visit(operation)` for each operation. Each has another type, so `visit` is generic.
template <typename Visit>
constexpr void ForEachOperation(Visit visit) {
  std::apply([&visit](const auto&... operation) { (visit(operation), ...); }, kOperations);
}

}  // namespace quorate::controller
