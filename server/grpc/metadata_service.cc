#include "server/grpc/metadata_service.h"

#include <grpc/grpc.h>

#include <atomic>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/budget.h"
#include "base/mutex.h"
#include "quorate/metadata/v1/metadata_service.pb.h"
#include "server/calls/method_path.h"
#include "server/calls/refused_stream.h"
#include "server/grpc/subscribe_frame.h"

namespace quorate::server {
namespace {

using metadata::v1::ListEventsRequest;
using metadata::v1::SubscribeRequest;
using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

using Opening = MetadataService::Opening;

// The controller's end of one subscription. The hub's loop passes frames to it, and gRPC's threads
// send them one by one. The lock decides which of the two finishes the stream. Deletes itself when
// gRPC is done with it.
class SubscribeStream final : public Reactor, public ReceiveQueue::Caller, public SubscriberStream {
 public:
  SubscribeStream(grpc::CallbackServerContext* context, Budget::Hold hold, const CallEdge* edge,
                  SubscriptionHub* hub, MetadataService::Parser parse)
      : context_(context),
        hold_(std::move(hold)),
        edge_(edge),
        hub_(hub),
        parse_(std::move(parse)) {
    edge_->budgets().receiving.Enter(this);
  }

  // SubscriberStream
  void Write(std::vector<FramePtr> frames) override {
    {
      MutexLock lock(&mutex_);
      writing_ = true;
    }
    next_ = 0;
    if (translator_ == nullptr) {
      frames_ = std::move(frames);
      WriteNext();
      return;
    }
    // The stream lives until this is done, because it is writing.
    translator_->Translate(std::move(frames), [this](EventTranslator::Result result) {
      frames_ = std::move(result.frames);
      if (result.ends) {
        MutexLock lock(&mutex_);
        own_end_ = result.error ? edge_->StatusOf(*std::move(result.error)) : grpc::Status::OK;
      }
      Continue(/*ok=*/true);
    });
  }

  uint64_t frames_sent() const override { return sent_.load(std::memory_order_relaxed); }

  void Finish(std::optional<common::v1::Error> error) override {
    grpc::Status status = error ? edge_->StatusOf(*std::move(error)) : grpc::Status::OK;
    {
      MutexLock lock(&mutex_);
      if (writing_) {
        end_ = std::move(status);  // Continue finishes the stream
        return;
      }
      if (own_end_) status = *own_end_;
    }
    Reactor::Finish(std::move(status));
  }

  void Cut(common::v1::Error error) override {
    const grpc::Status status = edge_->StatusOf(std::move(error));
    grpc_call* call = nullptr;
    {
      MutexLock lock(&mutex_);
      if (writing_) {
        end_ = status;
        // Keeps the gRPC call alive: once the lock is released, the current write may complete, and
        // the stream may be deleted.
        call = context_->c_call();
        grpc_call_ref(call);
      }
    }
    if (call == nullptr) {
      Reactor::Finish(status);
      return;
    }
    // Cancels with a status. Finish would send the status only after the frame that the client does
    // not read.
    grpc_call_cancel_with_status(call, static_cast<grpc_status_code>(status.error_code()),
                                 status.error_message().c_str(), nullptr);
    grpc_call_unref(call);
  }

 private:
  ~SubscribeStream() override = default;

  // ReceiveQueue::Caller
  void StartReceiving() override { StartRead(&request_); }
  void CutOff() override { context_->TryCancel(); }
  std::string Connection() const override { return context_->peer(); }

  void OnReadDone(bool ok) override {
    edge_->budgets().receiving.Leave(this);
    if (!ok) {
      Reactor::Finish(
          grpc::Status(grpc::StatusCode::CANCELLED, "the request did not arrive completely"));
      return;
    }
    auto parsed = parse_(&request_, *context_);
    request_.Clear();
    if (auto* error = std::get_if<common::v1::Error>(&parsed)) {
      Reactor::Finish(edge_->StatusOf(std::move(*error)));
      return;
    }
    auto& opening = std::get<Opening>(parsed);
    translator_ = std::move(opening.translator);
    // Under the lock, because the hub may write before Subscribe returns, and OnWriteDone needs the
    // id.
    MutexLock lock(&mutex_);
    id_ = hub_->Subscribe(std::move(opening.start), this);
    if (cancelled_) hub_->OnBroken(id_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) sent_.fetch_add(1, std::memory_order_relaxed);
    ++next_;
    Continue(ok);
  }

  // Sends the next frame. After the last one, asks the hub for more or ends the subscription.
  void Continue(bool ok) {
    const bool has_more = ok && next_ < frames_.size();
    std::optional<grpc::Status> end;
    bool ends_itself = false;
    SubscriptionId id = 0;
    {
      MutexLock lock(&mutex_);
      id = id_;
      end = end_;
      ends_itself = own_end_.has_value();
      if (!has_more) writing_ = false;
    }
    if (end) {
      Reactor::Finish(*std::move(end));
    } else if (has_more) {
      WriteNext();
    } else if (ok && !ends_itself) {
      hub_->OnWritten(id);
    } else {
      hub_->OnBroken(id);
    }
  }

  void OnCancel() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    if (id_ != 0) hub_->OnBroken(id_);
  }

  void OnDone() override { delete this; }

  void WriteNext() {
    grpc::WriteOptions options;
    // gRPC buffers each frame but the last, and sends them together. The first frame of the stream
    // is not buffered: it is sent with the initial metadata, and gRPC does not report such a write
    // as done while it is only buffered.
    if (next_ + 1 < frames_.size() && frames_sent() > 0) options.set_buffer_hint();
    StartWrite(&static_cast<const SubscribeFrame&>(*frames_[next_]).bytes, options);
  }

  grpc::CallbackServerContext* const context_;
  const Budget::Hold hold_;
  const CallEdge* const edge_;
  SubscriptionHub* const hub_;
  const MetadataService::Parser parse_;
  grpc::ByteBuffer request_;
  std::shared_ptr<EventTranslator> translator_;

  // The frames of the current Write. Used by the thread that may send the next frame.
  std::vector<FramePtr> frames_;
  size_t next_ = 0;
  std::atomic<uint64_t> sent_{0};

  Mutex mutex_;
  // 0 until the stream is subscribed.
  SubscriptionId id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // The end that the hub wants.
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  // The end that the translator wants, after the current Write.
  std::optional<grpc::Status> own_end_ ABSL_GUARDED_BY(mutex_);
};

// Returns the broker that subscribes under this name, or nullopt if the name is not a broker's.
std::optional<BrokerId> BrokerOf(absl::string_view subscriber) {
  int32_t id = 0;
  if (!absl::ConsumePrefix(&subscriber, "broker-") || !absl::SimpleAtoi(subscriber, &id)) {
    return std::nullopt;
  }
  return BrokerId(id);
}

// Returns the subscriber's name, escaped and shortened for the log.
std::string NameOf(const SubscribeRequest& request) {
  const std::string& name = request.subscriber();
  if (name.empty()) return "a subscriber";
  return absl::CHexEscape(name.substr(0, kMaxSubscriberNameBytes)) +
         (name.size() > kMaxSubscriberNameBytes ? "..." : "");
}

// Parses a request of either kind for this cluster.
template <typename Request>
controller::Answer<Request> ParseRequest(const std::string& cluster_id, grpc::ByteBuffer* bytes) {
  const std::string& type = Request::descriptor()->name();
  if (bytes->Length() > kMaxSubscribeRequestBytes) {
    return controller::MakeError(common::v1::INVALID_REQUEST,
                                 absl::StrFormat("a %s may have at most %d bytes, this one has %d",
                                                 type, kMaxSubscribeRequestBytes, bytes->Length()));
  }
  Request request;
  if (!grpc::SerializationTraits<Request>::Deserialize(bytes, &request).ok()) {
    return controller::MakeError(common::v1::INVALID_REQUEST,
                                 absl::StrFormat("the bytes are not a %s", type));
  }
  if (request.cluster_id() != cluster_id) {
    return controller::MakeError(
        common::v1::INCONSISTENT_CLUSTER_ID,
        absl::StrFormat("this is cluster %s, the subscriber asked for '%s'", cluster_id,
                        absl::CHexEscape(request.cluster_id())));
  }
  return request;
}

std::variant<Opening, common::v1::Error> ParseSubscribe(
    const std::string& cluster_id, const CallEdge& edge, grpc::ByteBuffer* bytes,
    const grpc::CallbackServerContext& context, const MetadataService::BrokerListener& on_broker) {
  auto parsed = ParseRequest<SubscribeRequest>(cluster_id, bytes);
  if (auto* error = std::get_if<common::v1::Error>(&parsed)) return std::move(*error);
  const auto& request = std::get<SubscribeRequest>(parsed);
  if (const auto broker = BrokerOf(request.subscriber())) {
    if (auto error = edge.CheckSpeaksFor(context, request, *broker)) return *std::move(error);
    on_broker(*broker);
  }
  SubscriptionStart start{.epoch = Epoch(request.epoch()),
                          .end_offset = RecordOffset(request.end_offset()),
                          .subscriber = absl::StrFormat("%s (%s)", NameOf(request), context.peer()),
                          .from_oldest_snapshot = request.from_oldest_snapshot()};
  if (request.snapshot_position() > 0) {
    start.part = {.id = {.end_offset = RecordOffset(request.snapshot_end_offset()),
                         .epoch = Epoch(request.snapshot_epoch())},
                  .position = static_cast<storage::FilePosition>(request.snapshot_position())};
  }
  return Opening{.start = std::move(start)};
}

std::variant<Opening, common::v1::Error> ParseListEvents(
    const std::string& cluster_id, Executor* history_loop, grpc::ByteBuffer* bytes,
    const grpc::CallbackServerContext& context) {
  auto parsed = ParseRequest<ListEventsRequest>(cluster_id, bytes);
  if (auto* error = std::get_if<common::v1::Error>(&parsed)) return std::move(*error);
  return Opening{.start = {.subscriber = absl::StrFormat("a reader of events (%s)", context.peer()),
                           .from_oldest_snapshot = true},
                 .translator = std::make_shared<EventTranslator>(
                     std::get<ListEventsRequest>(std::move(parsed)), history_loop)};
}

}  // namespace

MetadataService::MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                                 Executor* history_loop, const BrokerListener& on_broker)
    : edge_(edge), hub_(hub) {
  AddSubscription(SubscribeRequest::default_instance(), &edge->budgets().subscriptions,
                  "subscriptions",
                  [cluster_id, edge, on_broker](grpc::ByteBuffer* request,
                                                const grpc::CallbackServerContext& context) {
                    return ParseSubscribe(cluster_id, *edge, request, context, on_broker);
                  });
  AddSubscription(ListEventsRequest::default_instance(), &edge->budgets().event_streams,
                  "streams of events",
                  [cluster_id, history_loop](grpc::ByteBuffer* request,
                                             const grpc::CallbackServerContext& context) {
                    return ParseListEvents(cluster_id, history_loop, request, context);
                  });
}

void MetadataService::AddSubscription(const google::protobuf::Message& request, Budget* budget,
                                      const char* what, Parser parse) {
  AddStream<grpc::ByteBuffer, grpc::ByteBuffer>(
      MethodPath(request),
      [edge = edge_, hub = hub_, budget, what,
       parse = std::move(parse)](grpc::CallbackServerContext* context) -> Reactor* {
        Budget::Hold hold = budget->TryTake(kSubscriptionBytes);
        if (!hold) {
          return new RefusedStream<grpc::ByteBuffer, grpc::ByteBuffer>(
              edge->OverBudget(*budget, what));
        }
        return new SubscribeStream(context, std::move(hold), edge, hub, parse);
      });
}

}  // namespace quorate::server
