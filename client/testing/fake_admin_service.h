// Serves AdminService on loopback with answers that the test chooses. For tests of code that calls
// a controller (client/, cli/).
#pragma once

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "base/mutex.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::client {

// Listens from construction to destruction. Thread-safe.
class FakeAdminService final : public admin::v1::AdminService::Service {
 public:
  // Called for each call of any method with the number of the call, from 0. If it returns OK, the
  // call succeeds with the response below.
  using Script = std::function<grpc::Status(int call)>;

  // Port 0 chooses a free port.
  explicit FakeAdminService(Script script, uint16_t port = 0);
  ~FakeAdminService() override;

  const HostPort& endpoint() const { return endpoint_; }
  int call_count() const;
  // Sets the health of `quorate.ready`, which is initially false.
  void SetReady(bool ready);
  // Returns the request ids of all mutating calls, in order of arrival.
  std::vector<common::v1::RequestId> request_ids() const;
  // Returns the changes of all mutating calls in order of arrival: "create NAME", "delete NAME" or
  // "alter NAME" for each topic or resource, "raise FEATURE LEVEL" or "lower FEATURE LEVEL",
  // "unregister BROKER", "elect TYPE leaders of TOPICS", "reassign TOPIC-PARTITION to IDS" or
  // "cancel TOPIC-PARTITION", and "add NODE", "remove NODE" or "transfer NODE".
  std::vector<std::string> changes() const;

  // The responses of successful calls. Set them before the first call.
  admin::v1::CreateTopicsResponse create_topics;
  admin::v1::CreatePartitionsResponse create_partitions;
  admin::v1::DeleteTopicsResponse delete_topics;
  admin::v1::ListTopicsResponse list_topics;
  // The answer to a request for a later page.
  admin::v1::ListTopicsResponse list_next_topics;
  admin::v1::DescribeTopicsResponse describe_topics;
  // The answer to a request for a later page.
  admin::v1::DescribeTopicsResponse describe_next_topics;
  admin::v1::DescribeClusterResponse describe_cluster;
  admin::v1::DescribeQuorumResponse describe_quorum;
  admin::v1::IncrementalAlterConfigsResponse alter_configs;
  admin::v1::DescribeConfigsResponse describe_configs;
  admin::v1::UpdateFeaturesResponse update_features;
  admin::v1::ChangeVotersResponse change_voters;
  admin::v1::TransferLeadershipResponse transfer_leadership;
  admin::v1::UnregisterBrokerResponse unregister_broker;
  admin::v1::ElectLeadersResponse elect_leaders;
  // The answer to this call of ElectLeaders, counted from 1, has no `next`.
  int elect_leaders_pages = 1;
  admin::v1::ListPartitionReassignmentsResponse list_reassignments;
  // The errors of AlterPartitionReassignments, by TOPIC-PARTITION. All other partitions have their
  // new replicas at once, also in `describe_topics`.
  std::map<std::string, common::v1::Error> reassignment_errors;

 private:
  grpc::Status Next();
  void RememberChange(std::string change);
  template <typename Request>
  void Remember(const std::string& change, const Request& request);

  grpc::Status CreateTopics(grpc::ServerContext* context,
                            const admin::v1::CreateTopicsRequest* request,
                            admin::v1::CreateTopicsResponse* response) override;
  grpc::Status CreatePartitions(grpc::ServerContext* context,
                                const admin::v1::CreatePartitionsRequest* request,
                                admin::v1::CreatePartitionsResponse* response) override;
  grpc::Status DeleteTopics(grpc::ServerContext* context,
                            const admin::v1::DeleteTopicsRequest* request,
                            admin::v1::DeleteTopicsResponse* response) override;
  grpc::Status ListTopics(grpc::ServerContext* context, const admin::v1::ListTopicsRequest* request,
                          admin::v1::ListTopicsResponse* response) override;
  grpc::Status DescribeTopics(grpc::ServerContext* context,
                              const admin::v1::DescribeTopicsRequest* request,
                              admin::v1::DescribeTopicsResponse* response) override;
  grpc::Status DescribeCluster(grpc::ServerContext* context,
                               const admin::v1::DescribeClusterRequest* request,
                               admin::v1::DescribeClusterResponse* response) override;
  grpc::Status DescribeQuorum(grpc::ServerContext* context,
                              const admin::v1::DescribeQuorumRequest* request,
                              admin::v1::DescribeQuorumResponse* response) override;
  grpc::Status IncrementalAlterConfigs(
      grpc::ServerContext* context, const admin::v1::IncrementalAlterConfigsRequest* request,
      admin::v1::IncrementalAlterConfigsResponse* response) override;
  grpc::Status DescribeConfigs(grpc::ServerContext* context,
                               const admin::v1::DescribeConfigsRequest* request,
                               admin::v1::DescribeConfigsResponse* response) override;
  grpc::Status UpdateFeatures(grpc::ServerContext* context,
                              const admin::v1::UpdateFeaturesRequest* request,
                              admin::v1::UpdateFeaturesResponse* response) override;
  grpc::Status AddVoter(grpc::ServerContext* context, const admin::v1::AddVoterRequest* request,
                        admin::v1::ChangeVotersResponse* response) override;
  grpc::Status RemoveVoter(grpc::ServerContext* context,
                           const admin::v1::RemoveVoterRequest* request,
                           admin::v1::ChangeVotersResponse* response) override;
  grpc::Status TransferLeadership(grpc::ServerContext* context,
                                  const admin::v1::TransferLeadershipRequest* request,
                                  admin::v1::TransferLeadershipResponse* response) override;
  grpc::Status UnregisterBroker(grpc::ServerContext* context,
                                const admin::v1::UnregisterBrokerRequest* request,
                                admin::v1::UnregisterBrokerResponse* response) override;
  grpc::Status ElectLeaders(grpc::ServerContext* context,
                            const admin::v1::ElectLeadersRequest* request,
                            admin::v1::ElectLeadersResponse* response) override;
  grpc::Status AlterPartitionReassignments(
      grpc::ServerContext* context, const admin::v1::AlterPartitionReassignmentsRequest* request,
      admin::v1::AlterPartitionReassignmentsResponse* response) override;
  grpc::Status ListPartitionReassignments(
      grpc::ServerContext* context, const admin::v1::ListPartitionReassignmentsRequest* request,
      admin::v1::ListPartitionReassignmentsResponse* response) override;

  const Script script_;
  HostPort endpoint_;
  mutable Mutex mutex_;
  int call_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<common::v1::RequestId> request_ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> changes_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

// Returns the status of an error with this code, outcome and retry hint.
grpc::Status ErrorStatus(common::v1::ErrorCode code, common::v1::Outcome outcome,
                         std::string message, int64_t retry_after_ms = 0);

}  // namespace quorate::client
