#include "tests/sim/broker_process.h"

#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"

namespace quorate::sim {
namespace {

using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;
using broker::v1::RegisterBrokerResponse;
using controller::StreamEnd;
using std::chrono::milliseconds;
using Way = ClientPaths::Way;

std::string ControllerEndpointOf(NodeId node) {
  return absl::StrCat("controller-", node.value(), ":9092");
}

NodeId NodeOf(const std::string& endpoint) {
  int32_t id = 0;
  absl::string_view text = endpoint;
  CHECK(absl::ConsumePrefix(&text, "controller-") && absl::ConsumeSuffix(&text, ":9092") &&
        absl::SimpleAtoi(text, &id))
      << endpoint;
  return NodeId(id);
}

common::v1::Error NotAvailable() {
  return controller::MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, "the connection broke",
                               common::v1::UNKNOWN);
}

// Adds what the controller's services add to an error.
common::v1::Error Complete(common::v1::Error error) {
  if (error.has_leader()) {
    error.mutable_leader()->set_client_endpoint(
        ControllerEndpointOf(NodeId(error.leader().node_id())));
  }
  return error;
}

// With these timeouts, all brokers notice within one grace of the controllers that they get no more
// answers.
broker::BrokerOptions OptionsOf(BrokerId id, const std::vector<NodeId>& controllers, Rng* rng) {
  broker::BrokerOptions options{.cluster_id = BrokerProcess::kClusterId,
                                .broker_id = id,
                                .incarnation_id = Uuid::Random(*rng),
                                .heartbeat_interval = milliseconds(150),
                                .eager_heartbeat_interval = milliseconds(100),
                                .heartbeat_answer_timeout = milliseconds(400),
                                .no_controller_after = milliseconds(900),
                                .call_timeout = milliseconds(1000)};
  for (const NodeId node : controllers) options.bootstrap.push_back(ControllerEndpointOf(node));
  return options;
}

}  // namespace

struct BrokerProcess::Stream {
  controller::StreamId id = 0;
  NodeId node;
  // The process that accepted the stream.
  Process* process = nullptr;
  absl::AnyInvocable<void(broker::HeartbeatEvent)> on_event;
  int answers = 0;
};

BrokerProcess::BrokerProcess(Host host, BrokerId id, const std::vector<NodeId>& controllers)
    : host_(std::move(host)),
      options_(OptionsOf(id, controllers, host_.rng)),
      clock_(host_.scheduler),
      executor_(host_.scheduler, &actor_, &clock_),
      lifecycle_(options_, &executor_, &clock_, host_.rng, this, this) {}

BrokerProcess::~BrokerProcess() = default;

std::string BrokerProcess::EndpointOf(BrokerId id) {
  return absl::StrCat("broker-", id.value(), ":9092");
}

void BrokerProcess::Kill() {
  Scheduler::End(&actor_);
  session_.reset();
  if (auto stream = std::exchange(stream_, nullptr)) EndStream(stream, StreamEnd::kBroken);
}

void BrokerProcess::OnMetadata(const metadata::MetadataImage& image) {
  // A controller whose log is shorter has nothing new.
  if (image.end_offset() < image_.end_offset()) return;
  image_ = image;
  lifecycle_.OnMetadata(image.end_offset().value(), image.last_epoch().value());
}

void BrokerProcess::SendIsrs(const broker::v1::AlterPartitionRequest& request,
                             const std::string& principal, Duration delay) {
  if (!controller_) return;
  host_.scheduler->After(delay, [this, node = *controller_, request, principal] {
    host_.paths->Carry(options_.broker_id, node, Way::kToController,
                       [this, node, request, principal] {
                         Process* process = host_.machine(node)->process();
                         if (process == nullptr) return;
                         process->Run([process, request, principal] {
                           process->user().AlterPartition(request, principal);
                         });
                       });
  });
}

Process* BrokerProcess::Dial(NodeId node) const {
  const bool reaches = host_.paths->Get(options_.broker_id, node) == ClientPath::kWhole;
  return reaches ? host_.machine(node)->process() : nullptr;
}

bool BrokerProcess::IsRefused(NodeId node) const {
  return host_.paths->Get(options_.broker_id, node) == ClientPath::kRefused ||
         !host_.machine(node)->up();
}

void BrokerProcess::RegisterBroker(const std::string& endpoint, Duration timeout,
                                   broker::v1::RegisterBrokerRequest request,
                                   broker::CallDone<RegisterBrokerResponse> done) {
  using Result = broker::CallResult<RegisterBrokerResponse>;
  auto shared = std::make_shared<broker::CallDone<RegisterBrokerResponse>>(std::move(done));
  const auto finish = [this, shared](Result result) {
    if (!alive()) return;
    if (auto once = std::exchange(*shared, nullptr)) std::move(once)(std::move(result));
  };
  const NodeId node = NodeOf(endpoint);
  if (IsRefused(node)) return executor_.Post([finish] { finish(NotAvailable()); });
  executor_.PostAt(clock_.Now() + timeout, [finish] { finish(NotAvailable()); });
  const BrokerId id = options_.broker_id;
  host_.paths->Carry(id, node, Way::kToController, [this, id, node, request, timeout, finish] {
    Process* process = host_.machine(node)->process();
    if (process == nullptr) return;
    process->Run([this, id, node, request, timeout, finish, process] {
      process->user().Register(
          request, timeout, [this, id, node, finish](controller::Answer<RegisterBrokerResponse> a) {
            host_.paths->Carry(id, node, Way::kToBroker, [finish, answer = std::move(a)] {
              const auto* error = std::get_if<common::v1::Error>(&answer);
              error != nullptr ? finish(Complete(*error))
                               : finish(std::get<RegisterBrokerResponse>(answer));
            });
          });
    });
  });
}

void BrokerProcess::AlterPartition(const std::string&, Duration, broker::v1::AlterPartitionRequest,
                                   broker::CallDone<broker::v1::AlterPartitionResponse>) {
  LOG(FATAL) << "there are no partitions";
}

void BrokerProcess::ReportRoles(const std::string&, Duration, broker::v1::ReportRolesRequest,
                                broker::CallDone<broker::v1::ReportRolesResponse>) {
  LOG(FATAL) << "there are no roles";
}

void BrokerProcess::OpenHeartbeat(const std::string& endpoint,
                                  absl::AnyInvocable<void(broker::HeartbeatEvent)> on_event) {
  CHECK(stream_ == nullptr);
  const NodeId node = NodeOf(endpoint);
  stream_ = std::make_shared<Stream>(Stream{.id = host_.next_stream(),
                                            .node = node,
                                            .process = Dial(node),
                                            .on_event = std::move(on_event)});
  if (IsRefused(node)) Fail(stream_);
}

void BrokerProcess::SendHeartbeat(HeartbeatRequest request) {
  // The connection is not established yet.
  if (stream_->process == nullptr) return;
  const BrokerId id = options_.broker_id;
  host_.paths->Carry(id, stream_->node, Way::kToController, [this, id, request, stream = stream_] {
    if (!stream->process->alive()) return Fail(stream);
    stream->process->Run([this, id, request, stream] {
      stream->process->user().Heartbeat(
          stream->id, request, [this, id, stream](controller::Answer<HeartbeatResponse> answer) {
            const auto* error = std::get_if<common::v1::Error>(&answer);
            if (error != nullptr) EndAtController(*stream, StreamEnd::kReconnecting);
            broker::HeartbeatEvent event = NotAvailable();
            if (error != nullptr) {
              event = Complete(*error);
            } else {
              event = std::get<HeartbeatResponse>(std::move(answer));
            }
            host_.paths->Carry(id, stream->node, Way::kToBroker,
                               [this, stream, event] { OnEvent(stream, event); });
          });
    });
  });
}

void BrokerProcess::CloseHeartbeat(HeartbeatRequest goodbye, Task closed) {
  const std::shared_ptr<Stream> stream = std::exchange(stream_, nullptr);
  executor_.Post(std::move(closed));
  EndStream(stream, goodbye.goodbye() == HeartbeatRequest::STOPPING ? StreamEnd::kStopping
                                                                    : StreamEnd::kReconnecting);
}

void BrokerProcess::EndStream(const std::shared_ptr<Stream>& stream, StreamEnd end) {
  if (stream->process == nullptr) return;
  if (host_.paths->Carries(options_.broker_id, stream->node, Way::kToController)) {
    return host_.paths->Carry(options_.broker_id, stream->node, Way::kToController,
                              [stream, end] { EndAtController(*stream, end); });
  }
  host_.scheduler->After(ClientPaths::kKeepalive,
                         [stream] { EndAtController(*stream, StreamEnd::kBroken); });
}

void BrokerProcess::EndAtController(const Stream& stream, StreamEnd end) {
  stream.process->Run(
      [process = stream.process, id = stream.id, end] { process->user().StreamEnded(id, end); });
}

void BrokerProcess::OnEvent(const std::shared_ptr<Stream>& stream, broker::HeartbeatEvent event) {
  if (stream != stream_) return;
  if (const auto* response = std::get_if<HeartbeatResponse>(&event)) {
    session_ = Epoch(response->controller_epoch());
    if (++stream->answers > 1) host_.on_answered(stream->node, *session_);
    if (stopping() && response->should_shut_down()) host_.on_released();
  } else {
    stream_.reset();
  }
  stream->on_event(std::move(event));
}

void BrokerProcess::Fail(const std::shared_ptr<Stream>& stream) {
  executor_.Post([this, stream] { OnEvent(stream, NotAvailable()); });
}

void BrokerProcess::BreakStream(NodeId node) {
  if (stream_ == nullptr || stream_->node != node) return;
  if (stream_->process != nullptr) EndAtController(*stream_, StreamEnd::kBroken);
  Fail(stream_);
}

void BrokerProcess::OnSession(const std::optional<broker::ActiveSession>& session) {
  if (!session) session_.reset();
  controller_ = session ? std::optional(NodeOf(session->endpoint)) : std::nullopt;
}

void BrokerProcess::OnStopped(absl::Status status) {
  CHECK(status.ok()) << "broker " << options_.broker_id << " stops: " << status;
  Kill();
  host_.on_stopped();
}

}  // namespace quorate::sim
