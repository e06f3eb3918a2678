#include "server/security/access_table.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"

namespace quorate::server {
namespace {

using security::Role;
using Roles = EnumSet<Role>;
using Ports = EnumSet<Port>;

// Each wider set has the members of the narrower one, except that nodes have only what they call.
constexpr Roles kAdmins = {Role::kAdmin};
constexpr Roles kOperators = {Role::kOperator, Role::kAdmin};
constexpr Roles kReaders = {Role::kReader, Role::kOperator, Role::kAdmin};
constexpr Roles kReadersAndBrokers = {Role::kReader, Role::kOperator, Role::kAdmin, Role::kBroker};
constexpr Roles kReadersAndControllers = {Role::kReader, Role::kOperator, Role::kAdmin,
                                          Role::kController};
constexpr Roles kEveryone = {Role::kReader, Role::kOperator, Role::kAdmin, Role::kBroker,
                             Role::kController};
constexpr Roles kBrokers = {Role::kBroker};
constexpr Roles kControllers = {Role::kController};

constexpr Ports kClientPort = {Port::kClient};
constexpr Ports kPeerPort = {Port::kPeer};
constexpr Ports kBrokerPort = {Port::kBroker};
constexpr Ports kClientAndBrokerPorts = {Port::kClient, Port::kBroker};

constexpr AccessRow kTable[] = {
    {"/quorate.admin.v1.AdminService/ListTopics", kReaders, kClientPort},
    {"/quorate.admin.v1.AdminService/DescribeTopics", kReaders, kClientPort},
    {"/quorate.admin.v1.AdminService/DescribeCluster", kReadersAndBrokers, kClientPort},
    {"/quorate.admin.v1.AdminService/DescribeQuorum", kReaders, kClientPort},
    {"/quorate.admin.v1.AdminService/DescribeConfigs", kReaders, kClientPort},
    {"/quorate.admin.v1.AdminService/ListPartitionReassignments", kReaders, kClientPort},
    {"/quorate.admin.v1.AdminService/CreateTopics", kOperators, kClientPort},
    {"/quorate.admin.v1.AdminService/CreatePartitions", kOperators, kClientPort},
    {"/quorate.admin.v1.AdminService/IncrementalAlterConfigs", kOperators, kClientPort},
    {"/quorate.admin.v1.AdminService/TransferLeadership", kOperators, kClientPort},
    {"/quorate.admin.v1.AdminService/AlterPartitionReassignments", kOperators, kClientPort},
    {"/quorate.admin.v1.AdminService/DeleteTopics", kAdmins, kClientPort},
    {"/quorate.admin.v1.AdminService/UpdateFeatures", kAdmins, kClientPort},
    {"/quorate.admin.v1.AdminService/AddVoter", kAdmins, kClientPort},
    {"/quorate.admin.v1.AdminService/RemoveVoter", kAdmins, kClientPort},
    {"/quorate.admin.v1.AdminService/UnregisterBroker", kAdmins, kClientPort},
    // An unclean election loses records, and the table does not see which kind a request asks for.
    {"/quorate.admin.v1.AdminService/ElectLeaders", kAdmins, kClientPort},

    // It names people and their addresses.
    {"/quorate.audit.v1.AuditService/ListAuditRecords", kAdmins, kClientPort},

    {"/quorate.metadata.v1.MetadataService/Subscribe", kReadersAndBrokers, kClientPort},
    {"/quorate.metadata.v1.MetadataService/ListEvents", kReaders, kClientPort},

    // Only the broker itself, and only for itself, so that nobody else can take over its session.
    {"/quorate.broker.v1.BrokerService/RegisterBroker", kBrokers, kClientPort},
    {"/quorate.broker.v1.BrokerService/Heartbeat", kBrokers, kClientPort},
    {"/quorate.broker.v1.BrokerService/AlterPartition", kBrokers, kClientPort},
    {"/quorate.broker.v1.BrokerService/AllocateProducerIds", kBrokers, kClientPort},
    {"/quorate.broker.v1.BrokerService/AssignReplicasToDirs", kBrokers, kClientPort},
    {"/quorate.broker.v1.BrokerService/ReportRoles", kBrokers, kClientPort},

    // A controller calls it to find out whether a broker lives.
    {"/quorate.broker.v1.BrokerViewService/GetIdentity", kReadersAndControllers, kBrokerPort},
    {"/quorate.broker.v1.BrokerViewService/DescribeBroker", kReaders, kBrokerPort},
    {"/quorate.broker.v1.BrokerViewService/ListRoles", kReaders, kBrokerPort},
    {"/quorate.broker.v1.BrokerViewService/DescribeTopics", kReaders, kBrokerPort},

    {"/quorate.process.v1.ProcessService/GetMetrics", kReaders, kClientAndBrokerPorts},
    {"/quorate.process.v1.ProcessService/SetLogLevel", kOperators, kClientAndBrokerPorts},

    {"/quorate.raft.v1.RaftService/Control", kControllers, kPeerPort},
    {"/quorate.raft.v1.RaftService/Append", kControllers, kPeerPort},
    {"/quorate.raft.v1.RaftService/Snapshot", kControllers, kPeerPort},
    {"/quorate.raft.v1.RaftService/Forward", kControllers, kPeerPort},

    // A supervisor beside a node may use the node's own certificate.
    {"/grpc.health.v1.Health/Check", kEveryone, kClientAndBrokerPorts},
    {"/grpc.health.v1.Health/Watch", kEveryone, kClientAndBrokerPorts},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kReaders,
     kClientAndBrokerPorts},
};

}  // namespace

const char* NameOf(Port port) {
  switch (port) {
    case Port::kClient:
      return "client";
    case Port::kPeer:
      return "peer";
    case Port::kBroker:
      return "broker";
  }
  LOG(FATAL) << "no such port";
}

std::span<const AccessRow> AccessTable() { return kTable; }

const AccessRow* FindAccessRow(std::string_view path) {
  const auto* const row = std::find_if(std::begin(kTable), std::end(kTable),
                                       [path](const AccessRow& each) { return each.path == path; });
  return row == std::end(kTable) ? nullptr : row;
}

Access AccessOf(const AccessRow* row, Port port, Role role) {
  if (row != nullptr && !row->roles.Contains(role)) return Access::kDenied;
  if (row != nullptr && row->ports.Contains(port)) return Access::kAllowed;
  return RolesOf(port).Contains(role) ? Access::kNotServed : Access::kDenied;
}

Roles RolesOf(Port port) {
  Roles roles = {};
  for (const AccessRow& row : kTable) {
    if (row.ports.Contains(port)) roles.Add(row.roles);
  }
  return roles;
}

std::string RolesText(const EnumSet<Role>& roles) {
  std::vector<const char*> names;
  for (const Role role : security::kRoles) {
    if (roles.Contains(role)) names.push_back(NameOf(role));
  }
  CHECK(!names.empty());
  const char* const last = names.back();
  names.pop_back();
  return names.empty() ? std::string(last) : absl::StrCat(absl::StrJoin(names, ", "), " or ", last);
}

}  // namespace quorate::server
