// Tests that every method of the client listener is either in the audit log, or named here as one
// that changes nothing.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/testing/manual_executor.h"
#include "quorate/audit/v1/audit_service.pb.h"
#include "quorate/metadata/v1/metadata_service.pb.h"
#include "quorate/process/v1/process_service.pb.h"
#include "server/grpc/admin_service.h"
#include "server/grpc/audit_service.h"
#include "server/grpc/broker_service.h"
#include "server/node/operation_methods.h"
#include "server/node/quorum_changes.h"
#include "server/program/process_service.h"

namespace quorate::server {
namespace {

using ::testing::ElementsAreArray;

// Methods that are not recorded: reads, and what a broker says about itself every second.
const std::set<std::string>& Unrecorded() {
  static const std::set<std::string> methods = {
      "/quorate.admin.v1.AdminService/DescribeCluster",
      "/quorate.admin.v1.AdminService/DescribeConfigs",
      "/quorate.admin.v1.AdminService/DescribeQuorum",
      "/quorate.admin.v1.AdminService/DescribeTopics",
      "/quorate.admin.v1.AdminService/ListPartitionReassignments",
      "/quorate.admin.v1.AdminService/ListTopics",
      "/quorate.audit.v1.AuditService/ListAuditRecords",
      "/quorate.broker.v1.BrokerService/Heartbeat",
      "/quorate.broker.v1.BrokerService/ReportRoles",
      "/quorate.metadata.v1.MetadataService/ListEvents",
      "/quorate.metadata.v1.MetadataService/Subscribe",
      "/quorate.process.v1.ProcessService/GetMetrics",
  };
  return methods;
}

std::set<std::string> MethodsInProtos() {
  std::set<std::string> paths;
  for (const google::protobuf::FileDescriptor* file :
       {admin::v1::CreateTopicsRequest::descriptor()->file(),
        audit::v1::ListAuditRecordsRequest::descriptor()->file(),
        broker::v1::RegisterBrokerRequest::descriptor()->file(),
        metadata::v1::SubscribeRequest::descriptor()->file(),
        process::v1::GetMetricsRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int k = 0; k < file->service(i)->method_count(); ++k) {
        paths.insert("/" + file->service(i)->full_name() + "/" +
                     file->service(i)->method(k)->name());
      }
    }
  }
  return paths;
}

// No call is made, so most parts are not there.
TEST(AuditedMethodsTest, EveryMethodIsRecordedOrChangesNothing) {
  ManualClock clock;
  ManualExecutor executor(&clock);
  LeaderTracker leader;
  audit::AuditLog log({}, &executor, &clock);
  RequestRouter router({}, &executor, &clock, &leader, /*forwarder=*/nullptr);
  const OperationMethods operations(&router, /*controller=*/nullptr, /*queries=*/nullptr);
  const QuorumChanges changes(&router, /*controller=*/nullptr, /*log=*/nullptr);
  const security::IdentityMap identities("cluster");
  AccessControl access(&identities, &clock);
  CallEdge edge(&executor, &executor, &clock, &access, &log, [] { return std::nullopt; });
  const AdminService admin(&edge, &router, /*queries=*/nullptr, &executor);
  const AuditService audit_service(&edge);
  const BrokerService broker(&edge, &router, /*controller=*/nullptr);
  const ProcessService process(&executor, &clock, &access, &log, [](auto) {});

  std::set<std::string> recorded;
  const MethodService* const services[] = {&admin, &audit_service, &broker, &process};
  for (const MethodService* service : services) {
    service->ForEachAudited([&recorded](const std::string& path) { recorded.insert(path); });
  }
  std::set<std::string> all = recorded;
  for (const std::string& path : Unrecorded()) {
    EXPECT_TRUE(all.insert(path).second) << path << " is recorded";
  }
  EXPECT_THAT(all, ElementsAreArray(MethodsInProtos()));
}

}  // namespace
}  // namespace quorate::server
