#include "controller/testing/controller_cluster.h"

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/testing/supported_versions.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {

ControllerCluster::ControllerCluster(int controllers, Duration grace, LeaderBalanceOptions balance,
                                     int64_t partition_mutations_per_second) {
  for (int id = 1; id <= controllers; ++id) {
    auto& controller = controllers_[id];
    controller = std::make_unique<QuorumController>(
        ControllerOptions{.cluster_id = kClusterId,
                          .node_id = NodeId(id),
                          .broker_connection_grace = grace,
                          .leader_balance = balance,
                          .seed = static_cast<uint64_t>(id),
                          .partition_mutations_per_second = partition_mutations_per_second},
        ControllerPorts{.executor = &executor_,
                        .clock = &clock_,
                        .log = quorum_.AddNode(NodeId(id)),
                        .prober = &prober_,
                        .worker = &worker_,
                        .voter_poll = &poll_});
    quorum_.StartNode(NodeId(id), controller.get());
  }
}

ControllerCluster::~ControllerCluster() {
  for (auto& [id, controller] : controllers_) controller->Shutdown();
  executor_.RunReady();
}

metadata::MetadataImage ControllerCluster::ImageOf(int id) {
  Pending<metadata::MetadataImage> image;
  controller(id).ReadImage(RecordOffset(0), kNever, image.reply());
  Run();
  return image.value();
}

Uuid ControllerCluster::Broker::Incarnation(int32_t id) const {
  return metadata::TestUuid(static_cast<uint16_t>(id * 100 + life));
}

std::string ControllerCluster::EndpointOf(int32_t id) {
  return absl::StrFormat("broker-%d:9092", id);
}

void ControllerCluster::StartBroker(int32_t id, bool answers) {
  Broker& of_id = brokers_[id];
  ++of_id.life;
  of_id.previous_epoch = std::exchange(of_id.epoch, -1);
  of_id.streams_opened = 0;
  of_id.offline_directories.clear();
  if (answers) prober_.Listen(EndpointOf(id), of_id.Incarnation(id));
}

void ControllerCluster::KillBroker(int32_t id) {
  prober_.Refuse(EndpointOf(id));
  EndStream(id, StreamEnd::kBroken);
}

void ControllerCluster::EndStream(int32_t id, StreamEnd end) {
  EndStreamOf(&brokers_.at(id).stream, end);
}

void ControllerCluster::ReplaceStream(int32_t id) {
  Broker& of_id = brokers_.at(id);
  of_id.older_stream = std::exchange(of_id.stream, {});
}

void ControllerCluster::EndOlderStream(int32_t id, StreamEnd end) {
  EndStreamOf(&brokers_.at(id).older_stream, end);
}

void ControllerCluster::EndStreamOf(Broker::Stream* stream, StreamEnd end) {
  const StreamId id = std::exchange(*stream, {}).id;
  CHECK_NE(id, 0u) << "there is no stream";
  for (auto& [node, controller] : controllers_) controller->HeartbeatStreamEnded(id, end);
  Run();
}

Pending<broker::v1::RegisterBrokerResponse> ControllerCluster::Register(int32_t id) {
  Pending<broker::v1::RegisterBrokerResponse> pending;
  Register(id, pending.reply());
  return pending;
}

void ControllerCluster::Register(int32_t id, Reply<broker::v1::RegisterBrokerResponse> reply,
                                 bool clean) {
  broker::v1::RegisterBrokerRequest request;
  request.set_cluster_id(kClusterId);
  request.set_broker_id(id);
  request.set_incarnation_id(std::string(brokers_.at(id).Incarnation(id).bytes()));
  request.set_advertised_endpoint(EndpointOf(id));
  AddSupportedFeatures(&request);
  if (clean) request.set_previous_broker_epoch(brokers_.at(id).previous_epoch);
  for (const Uuid& directory : brokers_.at(id).log_directories) {
    request.add_log_directories(std::string(directory.bytes()));
  }
  auto remember = [this, id, reply = std::move(reply)](
                      Answer<broker::v1::RegisterBrokerResponse> answer) mutable {
    if (const auto* done = std::get_if<broker::v1::RegisterBrokerResponse>(&answer)) {
      brokers_.at(id).epoch = done->broker_epoch();
    }
    std::move(reply)(std::move(answer));
  };
  active().RegisterBroker(std::move(request), {.principal = "tester"}, std::move(remember));
  Run();
}

Pending<broker::v1::HeartbeatResponse> ControllerCluster::Heartbeat(
    int32_t id, bool want_shutdown, std::optional<int64_t> metadata_end_offset) {
  Pending<broker::v1::HeartbeatResponse> pending;
  Heartbeat(id, want_shutdown, metadata_end_offset, pending.reply());
  return pending;
}

void ControllerCluster::Heartbeat(int32_t id, bool want_shutdown,
                                  std::optional<int64_t> metadata_end_offset,
                                  Reply<broker::v1::HeartbeatResponse> reply) {
  Broker& of_id = brokers_.at(id);
  if (of_id.stream.id == 0) of_id.stream = {next_stream_++, ++of_id.streams_opened};
  broker::v1::HeartbeatRequest request = HeartbeatOf(id);
  request.set_stream_ordinal(of_id.stream.ordinal);
  if (metadata_end_offset) request.set_metadata_end_offset(*metadata_end_offset);
  request.set_want_shutdown(want_shutdown);
  active().Heartbeat(of_id.stream.id, std::move(request), std::move(reply));
  Run();
}

void ControllerCluster::HeartbeatLate(int32_t id, Reply<broker::v1::HeartbeatResponse> reply) {
  const Broker::Stream& stream = brokers_.at(id).older_stream;
  CHECK_NE(stream.id, 0u) << "broker " << id << " has no older stream";
  broker::v1::HeartbeatRequest request = HeartbeatOf(id);
  request.set_stream_ordinal(stream.ordinal);
  active().Heartbeat(stream.id, std::move(request), std::move(reply));
  Run();
}

broker::v1::HeartbeatRequest ControllerCluster::HeartbeatOf(int32_t id) const {
  const Broker& of_id = brokers_.at(id);
  broker::v1::HeartbeatRequest request;
  request.set_broker_id(id);
  request.set_broker_epoch(of_id.epoch);
  request.set_incarnation_id(std::string(of_id.Incarnation(id).bytes()));
  const NodeId leader = quorum_.leader().value();
  request.set_metadata_end_offset(controllers_.at(leader.value())->applied_offset().value());
  for (const Uuid& directory : of_id.offline_directories) {
    request.add_offline_log_directories(std::string(directory.bytes()));
  }
  return request;
}

void ControllerCluster::HeartbeatTo(int node, int32_t id,
                                    Reply<broker::v1::HeartbeatResponse> reply) {
  broker::v1::HeartbeatRequest request = HeartbeatOf(id);
  request.set_stream_ordinal(++brokers_.at(id).streams_opened);
  controller(node).Heartbeat(next_stream_++, std::move(request), std::move(reply));
  Run();
}

void ControllerCluster::Poll::Ask(const std::vector<NodeId>& voters, Duration within,
                                  absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) {
  if (replacement_ != nullptr) return replacement_->Ask(voters, within, std::move(done));
  struct Round {
    std::vector<VoterAnswer> answers;
    size_t missing = 0;
    absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done;
  };
  auto round = std::make_shared<Round>();
  round->missing = voters.size();
  round->done = std::move(done);
  for (const NodeId voter : voters) {
    cluster_->controller(voter.value())
        .ListHeardBrokers(within, [round, voter](Answer<std::vector<BrokerId>> answer) {
          round->answers.push_back({voter, std::get<std::vector<BrokerId>>(std::move(answer))});
          if (--round->missing == 0) std::move(round->done)(std::move(round->answers));
        });
  }
}

void ControllerCluster::BringUp(int32_t id) {
  StartBroker(id);
  CHECK(Register(id).ok());
  const auto heartbeat = Heartbeat(id);
  CHECK(heartbeat.ok() && !heartbeat.value().is_fenced());
}

Pending<admin::v1::CreateTopicsResponse> ControllerCluster::Create(
    const admin::v1::CreateTopicsRequest& request, MonoTime deadline) {
  Pending<admin::v1::CreateTopicsResponse> pending;
  active().Execute(kCreateTopics, request, {.principal = "tester", .deadline = deadline},
                   pending.reply());
  Run();
  return pending;
}

Pending<admin::v1::CreateTopicsResponse> ControllerCluster::Create(const std::string& name,
                                                                   MonoTime deadline) {
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_name(name);
  return Create(request, deadline);
}

}  // namespace quorate::controller
