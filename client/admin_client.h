// A blocking client of AdminService. Each call survives failovers (failover_caller.h). Every
// mutating call carries a request id or states the desired result, so that its retries are safe.
#pragma once

#include <cstdint>

#include "base/uuid.h"
#include "client/failover_caller.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::client {

// Not thread-safe: use one instance per thread. Its calls block.
class AdminClient {
 public:
  // Draws a random uuid for the request ids of this instance.
  explicit AdminClient(CallerOptions options);

  // These calls use the next request id unless the request already carries one.
  CallResult<admin::v1::CreateTopicsResponse> CreateTopics(admin::v1::CreateTopicsRequest request);
  CallResult<admin::v1::CreatePartitionsResponse> CreatePartitions(
      admin::v1::CreatePartitionsRequest request);
  CallResult<admin::v1::DeleteTopicsResponse> DeleteTopics(admin::v1::DeleteTopicsRequest request);
  CallResult<admin::v1::IncrementalAlterConfigsResponse> IncrementalAlterConfigs(
      admin::v1::IncrementalAlterConfigsRequest request);
  CallResult<admin::v1::UpdateFeaturesResponse> UpdateFeatures(
      admin::v1::UpdateFeaturesRequest request);

  CallResult<admin::v1::ListTopicsResponse> ListTopics(const admin::v1::ListTopicsRequest& request);
  CallResult<admin::v1::DescribeTopicsResponse> DescribeTopics(
      const admin::v1::DescribeTopicsRequest& request);
  CallResult<admin::v1::DescribeClusterResponse> DescribeCluster(
      const admin::v1::DescribeClusterRequest& request);
  CallResult<admin::v1::DescribeQuorumResponse> DescribeQuorum(
      const admin::v1::DescribeQuorumRequest& request);
  CallResult<admin::v1::DescribeConfigsResponse> DescribeConfigs(
      const admin::v1::DescribeConfigsRequest& request);

  // These calls state the desired result. REQUIRES: RemoveVoter has a directory id and
  // TransferLeadership a target, unless they only validate.
  CallResult<admin::v1::ChangeVotersResponse> AddVoter(const admin::v1::AddVoterRequest& request);
  CallResult<admin::v1::ChangeVotersResponse> RemoveVoter(
      const admin::v1::RemoveVoterRequest& request);
  CallResult<admin::v1::TransferLeadershipResponse> TransferLeadership(
      const admin::v1::TransferLeadershipRequest& request);

  CallResult<admin::v1::UnregisterBrokerResponse> UnregisterBroker(
      admin::v1::UnregisterBrokerRequest request);
  CallResult<admin::v1::ElectLeadersResponse> ElectLeaders(admin::v1::ElectLeadersRequest request);
  CallResult<admin::v1::AlterPartitionReassignmentsResponse> AlterPartitionReassignments(
      admin::v1::AlterPartitionReassignmentsRequest request);
  CallResult<admin::v1::ListPartitionReassignmentsResponse> ListPartitionReassignments(
      const admin::v1::ListPartitionReassignmentsRequest& request);

 private:
  template <typename Request>
  void EnsureRequestId(Request& request);

  FailoverCaller caller_;
  const Uuid client_uuid_;
  int64_t last_sequence_ = 0;
};

}  // namespace quorate::client
