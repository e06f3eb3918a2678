#include "client/admin_client.h"

#include <string>
#include <utility>

#include "client/status_mapping.h"
#include "client/utf8_check.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"

namespace quorate::client {
namespace {

using admin::v1::AdminService;

Uuid RandomUuid() {
  Rng rng(Rng::SystemSeed());
  return Uuid::Random(rng);
}

// Returns kRead for a request that is only validated, else kWrite.
template <typename Request>
CallKind KindOf(const Request& request) {
  return request.validate_only() ? CallKind::kRead : CallKind::kWrite;
}

// Returns the error of a response all of whose items failed with THROTTLING_QUOTA_EXCEEDED, else
// nullptr. Nothing has happened then, so the call is repeated like one that failed as a whole.
template <typename Response>
const common::v1::Error* ThrottledError(const Response& response) {
  if constexpr (requires { response.results(0).error(); }) {
    for (const auto& result : response.results()) {
      if (result.error().code() != common::v1::THROTTLING_QUOTA_EXCEEDED) return nullptr;
    }
    if (response.results_size() > 0) return &response.results(0).error();
  }
  return nullptr;
}

// Calls `method` of the stub, on one endpoint after the other. Refuses a request with a string that
// is not UTF-8.
template <typename Request, typename Response>
CallResult<Response> CallMethod(FailoverCaller& caller, CallKind kind,
                                grpc::Status (AdminService::Stub::*method)(grpc::ClientContext*,
                                                                           const Request&,
                                                                           Response*),
                                const Request& request) {
  if (const auto complaint = FindStringNotUtf8(request)) {
    CallFailure failure = {.kind = FailureKind::kRefused};
    failure.error.set_code(common::v1::INVALID_REQUEST);
    failure.error.set_outcome(common::v1::REFUSED);
    failure.error.set_message(*complaint);
    return failure;
  }
  Response response;
  auto failure = caller.Call(
      kind, [&](const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
        AdminService::Stub stub(channel);
        response.Clear();
        const grpc::Status status = (stub.*method)(context, request, &response);
        const common::v1::Error* const throttled = status.ok() ? ThrottledError(response) : nullptr;
        return throttled == nullptr ? status : StatusFromError(*throttled);
      });
  if (failure.has_value()) return *std::move(failure);
  return response;
}

}  // namespace

AdminClient::AdminClient(CallerOptions options)
    : caller_(std::move(options)), client_uuid_(RandomUuid()) {}

template <typename Request>
void AdminClient::EnsureRequestId(Request& request) {
  if (request.has_request_id()) return;
  request.mutable_request_id()->set_client_uuid(std::string(client_uuid_.bytes()));
  request.mutable_request_id()->set_sequence(++last_sequence_);
}

CallResult<admin::v1::CreateTopicsResponse> AdminClient::CreateTopics(
    admin::v1::CreateTopicsRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::CreateTopics, request);
}

CallResult<admin::v1::CreatePartitionsResponse> AdminClient::CreatePartitions(
    admin::v1::CreatePartitionsRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::CreatePartitions, request);
}

CallResult<admin::v1::DeleteTopicsResponse> AdminClient::DeleteTopics(
    admin::v1::DeleteTopicsRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, CallKind::kWrite, &AdminService::Stub::DeleteTopics, request);
}

CallResult<admin::v1::IncrementalAlterConfigsResponse> AdminClient::IncrementalAlterConfigs(
    admin::v1::IncrementalAlterConfigsRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::IncrementalAlterConfigs,
                    request);
}

CallResult<admin::v1::UpdateFeaturesResponse> AdminClient::UpdateFeatures(
    admin::v1::UpdateFeaturesRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::UpdateFeatures, request);
}

CallResult<admin::v1::ListTopicsResponse> AdminClient::ListTopics(
    const admin::v1::ListTopicsRequest& request) {
  return CallMethod(caller_, CallKind::kRead, &AdminService::Stub::ListTopics, request);
}

CallResult<admin::v1::DescribeTopicsResponse> AdminClient::DescribeTopics(
    const admin::v1::DescribeTopicsRequest& request) {
  return CallMethod(caller_, CallKind::kRead, &AdminService::Stub::DescribeTopics, request);
}

CallResult<admin::v1::DescribeClusterResponse> AdminClient::DescribeCluster(
    const admin::v1::DescribeClusterRequest& request) {
  return CallMethod(caller_, CallKind::kRead, &AdminService::Stub::DescribeCluster, request);
}

CallResult<admin::v1::DescribeQuorumResponse> AdminClient::DescribeQuorum(
    const admin::v1::DescribeQuorumRequest& request) {
  return CallMethod(caller_, CallKind::kRead, &AdminService::Stub::DescribeQuorum, request);
}

CallResult<admin::v1::DescribeConfigsResponse> AdminClient::DescribeConfigs(
    const admin::v1::DescribeConfigsRequest& request) {
  return CallMethod(caller_, CallKind::kRead, &AdminService::Stub::DescribeConfigs, request);
}

CallResult<admin::v1::ChangeVotersResponse> AdminClient::AddVoter(
    const admin::v1::AddVoterRequest& request) {
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::AddVoter, request);
}

CallResult<admin::v1::ChangeVotersResponse> AdminClient::RemoveVoter(
    const admin::v1::RemoveVoterRequest& request) {
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::RemoveVoter, request);
}

CallResult<admin::v1::TransferLeadershipResponse> AdminClient::TransferLeadership(
    const admin::v1::TransferLeadershipRequest& request) {
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::TransferLeadership, request);
}

CallResult<admin::v1::UnregisterBrokerResponse> AdminClient::UnregisterBroker(
    admin::v1::UnregisterBrokerRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::UnregisterBroker, request);
}

CallResult<admin::v1::ElectLeadersResponse> AdminClient::ElectLeaders(
    admin::v1::ElectLeadersRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::ElectLeaders, request);
}

CallResult<admin::v1::AlterPartitionReassignmentsResponse> AdminClient::AlterPartitionReassignments(
    admin::v1::AlterPartitionReassignmentsRequest request) {
  EnsureRequestId(request);
  return CallMethod(caller_, KindOf(request), &AdminService::Stub::AlterPartitionReassignments,
                    request);
}

CallResult<admin::v1::ListPartitionReassignmentsResponse> AdminClient::ListPartitionReassignments(
    const admin::v1::ListPartitionReassignmentsRequest& request) {
  return CallMethod(caller_, CallKind::kRead, &AdminService::Stub::ListPartitionReassignments,
                    request);
}

}  // namespace quorate::client
