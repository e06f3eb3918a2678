#include "client/testing/fake_admin_service.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "base/check.h"
#include "client/status_mapping.h"

namespace quorate::client {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

}  // namespace

FakeAdminService::FakeAdminService(Script script, uint16_t port)
    : script_(std::move(script)), endpoint_({kLoopback, port}) {
  int bound_port = 0;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(endpoint_.ToString(), grpc::InsecureServerCredentials(), &bound_port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  CHECK(server_ != nullptr) << endpoint_.ToString();
  endpoint_.port = static_cast<uint16_t>(bound_port);
  SetReady(false);
}

FakeAdminService::~FakeAdminService() {
  // A test may end while a script still delays a call, which is then cancelled.
  server_->Shutdown(std::chrono::system_clock::now());
}

int FakeAdminService::call_count() const {
  MutexLock lock(&mutex_);
  return call_count_;
}

void FakeAdminService::SetReady(bool ready) {
  server_->GetHealthCheckService()->SetServingStatus("quorate.ready", ready);
}

std::vector<common::v1::RequestId> FakeAdminService::request_ids() const {
  MutexLock lock(&mutex_);
  return request_ids_;
}

grpc::Status FakeAdminService::Next() {
  int call = 0;
  {
    MutexLock lock(&mutex_);
    call = call_count_++;
  }
  return script_(call);
}

std::vector<std::string> FakeAdminService::changes() const {
  MutexLock lock(&mutex_);
  return changes_;
}

void FakeAdminService::RememberChange(std::string change) {
  MutexLock lock(&mutex_);
  changes_.push_back(std::move(change));
}

template <typename Request>
void FakeAdminService::Remember(const std::string& change, const Request& request) {
  MutexLock lock(&mutex_);
  request_ids_.push_back(request.request_id());
  for (const auto& topic : request.topics()) changes_.push_back(change + " " + topic.name());
}

grpc::Status FakeAdminService::CreateTopics(grpc::ServerContext* /*context*/,
                                            const admin::v1::CreateTopicsRequest* request,
                                            admin::v1::CreateTopicsResponse* response) {
  Remember("create", *request);
  *response = create_topics;
  return Next();
}

grpc::Status FakeAdminService::CreatePartitions(grpc::ServerContext* /*context*/,
                                                const admin::v1::CreatePartitionsRequest* request,
                                                admin::v1::CreatePartitionsResponse* response) {
  Remember("extend", *request);
  *response = create_partitions;
  return Next();
}

grpc::Status FakeAdminService::DeleteTopics(grpc::ServerContext* /*context*/,
                                            const admin::v1::DeleteTopicsRequest* request,
                                            admin::v1::DeleteTopicsResponse* response) {
  Remember("delete", *request);
  *response = delete_topics;
  return Next();
}

grpc::Status FakeAdminService::ListTopics(grpc::ServerContext* /*context*/,
                                          const admin::v1::ListTopicsRequest* request,
                                          admin::v1::ListTopicsResponse* response) {
  *response = request->after_name().empty() ? list_topics : list_next_topics;
  return Next();
}

grpc::Status FakeAdminService::DescribeTopics(grpc::ServerContext* /*context*/,
                                              const admin::v1::DescribeTopicsRequest* request,
                                              admin::v1::DescribeTopicsResponse* response) {
  {
    MutexLock lock(&mutex_);
    *response = request->filter().has_from() ? describe_next_topics : describe_topics;
  }
  return Next();
}

grpc::Status FakeAdminService::DescribeCluster(grpc::ServerContext* /*context*/,
                                               const admin::v1::DescribeClusterRequest* /*request*/,
                                               admin::v1::DescribeClusterResponse* response) {
  *response = describe_cluster;
  return Next();
}

grpc::Status FakeAdminService::DescribeQuorum(grpc::ServerContext* /*context*/,
                                              const admin::v1::DescribeQuorumRequest* /*request*/,
                                              admin::v1::DescribeQuorumResponse* response) {
  *response = describe_quorum;
  return Next();
}

grpc::Status FakeAdminService::IncrementalAlterConfigs(
    grpc::ServerContext* /*context*/, const admin::v1::IncrementalAlterConfigsRequest* request,
    admin::v1::IncrementalAlterConfigsResponse* response) {
  {
    MutexLock lock(&mutex_);
    request_ids_.push_back(request->request_id());
    for (const auto& item : request->resources()) {
      changes_.push_back("alter " + item.resource().name());
    }
  }
  *response = alter_configs;
  return Next();
}

grpc::Status FakeAdminService::DescribeConfigs(grpc::ServerContext* /*context*/,
                                               const admin::v1::DescribeConfigsRequest* /*request*/,
                                               admin::v1::DescribeConfigsResponse* response) {
  *response = describe_configs;
  return Next();
}

grpc::Status FakeAdminService::UpdateFeatures(grpc::ServerContext* /*context*/,
                                              const admin::v1::UpdateFeaturesRequest* request,
                                              admin::v1::UpdateFeaturesResponse* response) {
  {
    MutexLock lock(&mutex_);
    request_ids_.push_back(request->request_id());
    for (const auto& update : request->updates()) {
      changes_.push_back((update.downgrade() ? "lower " : "raise ") + update.feature() + " " +
                         std::to_string(update.level()));
    }
  }
  *response = update_features;
  return Next();
}

grpc::Status FakeAdminService::AddVoter(grpc::ServerContext* /*context*/,
                                        const admin::v1::AddVoterRequest* request,
                                        admin::v1::ChangeVotersResponse* response) {
  if (!request->validate_only()) RememberChange("add " + std::to_string(request->node_id()));
  *response = change_voters;
  return Next();
}

grpc::Status FakeAdminService::RemoveVoter(grpc::ServerContext* /*context*/,
                                           const admin::v1::RemoveVoterRequest* request,
                                           admin::v1::ChangeVotersResponse* response) {
  if (!request->validate_only()) RememberChange("remove " + std::to_string(request->node_id()));
  *response = change_voters;
  return Next();
}

grpc::Status FakeAdminService::TransferLeadership(
    grpc::ServerContext* /*context*/, const admin::v1::TransferLeadershipRequest* request,
    admin::v1::TransferLeadershipResponse* response) {
  if (!request->validate_only()) {
    RememberChange("transfer " + std::to_string(request->target_node_id()));
  }
  *response = transfer_leadership;
  return Next();
}

grpc::Status ErrorStatus(common::v1::ErrorCode code, common::v1::Outcome outcome,
                         std::string message, int64_t retry_after_ms) {
  common::v1::Error error;
  error.set_code(code);
  error.set_outcome(outcome);
  error.set_message(std::move(message));
  error.set_retry_after_ms(retry_after_ms);
  return StatusFromError(error);
}

grpc::Status FakeAdminService::UnregisterBroker(grpc::ServerContext* /*context*/,
                                                const admin::v1::UnregisterBrokerRequest* request,
                                                admin::v1::UnregisterBrokerResponse* response) {
  {
    MutexLock lock(&mutex_);
    request_ids_.push_back(request->request_id());
    if (!request->validate_only()) {
      changes_.push_back("unregister " + std::to_string(request->broker_id()) +
                         (request->force() ? " by force" : ""));
    }
  }
  *response = unregister_broker;
  return Next();
}

grpc::Status FakeAdminService::ElectLeaders(grpc::ServerContext* /*context*/,
                                            const admin::v1::ElectLeadersRequest* request,
                                            admin::v1::ElectLeadersResponse* response) {
  std::string topics = request->all_topics() ? " all topics" : "";
  for (const auto& topic : request->topics()) {
    topics += " " + topic.topic().name();
    const char* separator = ":";
    for (const int32_t partition : topic.partitions()) {
      topics += std::exchange(separator, ",") + std::to_string(partition);
    }
  }
  *response = elect_leaders;
  {
    MutexLock lock(&mutex_);
    request_ids_.push_back(request->request_id());
    if (request_ids_.size() == static_cast<size_t>(elect_leaders_pages)) response->clear_next();
    const bool is_unclean = request->type() == admin::v1::ElectLeadersRequest::UNCLEAN;
    if (!request->validate_only()) {
      changes_.push_back(std::string("elect ") + (is_unclean ? "unclean" : "preferred") +
                         " leaders of" + topics);
    }
  }
  return Next();
}

grpc::Status FakeAdminService::AlterPartitionReassignments(
    grpc::ServerContext* /*context*/, const admin::v1::AlterPartitionReassignmentsRequest* request,
    admin::v1::AlterPartitionReassignmentsResponse* response) {
  {
    MutexLock lock(&mutex_);
    request_ids_.push_back(request->request_id());
    for (const auto& topic : request->topics()) {
      for (const auto& wanted : topic.partitions()) {
        const std::string name = topic.topic().name() + "-" + std::to_string(wanted.partition());
        auto* result = response->add_results();
        result->set_name(topic.topic().name());
        result->set_partition(wanted.partition());
        if (const auto error = reassignment_errors.find(name); error != reassignment_errors.end()) {
          *result->mutable_error() = error->second;
          continue;
        }
        std::string change = (wanted.has_target() ? "reassign " : "cancel ") + name;
        const char* separator = " to ";
        for (const int32_t id : wanted.target().broker_ids()) {
          change += std::exchange(separator, ",") + std::to_string(id);
        }
        changes_.push_back(std::move(change));
        for (auto& described : *describe_topics.mutable_topics()) {
          if (described.name() != topic.topic().name() || !wanted.has_target()) continue;
          *described.mutable_partitions(wanted.partition())->mutable_replicas() =
              wanted.target().broker_ids();
        }
      }
    }
  }
  return Next();
}

grpc::Status FakeAdminService::ListPartitionReassignments(
    grpc::ServerContext* /*context*/,
    const admin::v1::ListPartitionReassignmentsRequest* /*request*/,
    admin::v1::ListPartitionReassignmentsResponse* response) {
  *response = list_reassignments;
  return Next();
}

}  // namespace quorate::client
