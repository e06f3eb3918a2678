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

using metadata::v1::SubscribeRequest;
using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// The controller's end of one subscription. The hub's loop passes frames to it, and gRPC's threads
// send them one by one. The lock decides which of the two finishes the stream. Deletes itself when
// gRPC is done with it.
class SubscribeStream final : public Reactor, public ReceiveQueue::Caller, public SubscriberStream {
 public:
  // Parses a request. Returns where the subscription starts, or the error that refuses it.
  using Parse = std::function<std::variant<SubscriptionStart, common::v1::Error>(
      grpc::ByteBuffer* request, const grpc::CallbackServerContext& context)>;

  SubscribeStream(grpc::CallbackServerContext* context, Budget::Hold hold, const CallEdge* edge,
                  SubscriptionHub* hub, Parse parse)
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
    frames_ = std::move(frames);
    next_ = 0;
    WriteNext();
  }

  uint64_t frames_sent() const override { return sent_.load(std::memory_order_relaxed); }

  void Finish(std::optional<common::v1::Error> error) override {
    grpc::Status status = error ? edge_->StatusOf(*std::move(error)) : grpc::Status::OK;
    {
      MutexLock lock(&mutex_);
      if (writing_) {
        end_ = std::move(status);  // OnWriteDone finishes the stream
        return;
      }
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
    auto start = parse_(&request_, *context_);
    request_.Clear();
    if (auto* error = std::get_if<common::v1::Error>(&start)) {
      Reactor::Finish(edge_->StatusOf(std::move(*error)));
      return;
    }
    // Under the lock, because the hub may write before Subscribe returns, and OnWriteDone needs the
    // id.
    MutexLock lock(&mutex_);
    id_ = hub_->Subscribe(std::get<SubscriptionStart>(std::move(start)), this);
    if (cancelled_) hub_->OnBroken(id_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) sent_.fetch_add(1, std::memory_order_relaxed);
    ++next_;
    const bool has_more = ok && next_ < frames_.size();
    std::optional<grpc::Status> end;
    SubscriptionId id = 0;
    {
      MutexLock lock(&mutex_);
      id = id_;
      end = end_;
      if (!has_more) writing_ = false;
    }
    if (end) {
      Reactor::Finish(*std::move(end));
    } else if (has_more) {
      WriteNext();
    } else if (ok) {
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
  const Parse parse_;
  grpc::ByteBuffer request_;

  // The frames of the current Write. Used by the thread that may send the next frame.
  std::vector<FramePtr> frames_;
  size_t next_ = 0;
  std::atomic<uint64_t> sent_{0};

  Mutex mutex_;
  // 0 until the stream is subscribed.
  SubscriptionId id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
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

std::variant<SubscriptionStart, common::v1::Error> ParseStart(
    const std::string& cluster_id, const CallEdge& edge, grpc::ByteBuffer* request,
    const grpc::CallbackServerContext& context, const MetadataService::BrokerListener& on_broker) {
  if (request->Length() > kMaxSubscribeRequestBytes) {
    return controller::MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("a SubscribeRequest may have at most %d bytes, this one has %d",
                        kMaxSubscribeRequestBytes, request->Length()));
  }
  SubscribeRequest subscribe;
  if (!grpc::SerializationTraits<SubscribeRequest>::Deserialize(request, &subscribe).ok()) {
    return controller::MakeError(common::v1::INVALID_REQUEST,
                                 "the bytes are not a SubscribeRequest");
  }
  if (subscribe.cluster_id() != cluster_id) {
    return controller::MakeError(
        common::v1::INCONSISTENT_CLUSTER_ID,
        absl::StrFormat("this is cluster %s, the subscriber asked for '%s'", cluster_id,
                        absl::CHexEscape(subscribe.cluster_id())));
  }
  if (const auto broker = BrokerOf(subscribe.subscriber())) {
    if (auto error = edge.CheckSpeaksFor(context, *broker)) return *std::move(error);
    on_broker(*broker);
  }
  SubscriptionStart start{
      .epoch = Epoch(subscribe.epoch()),
      .end_offset = RecordOffset(subscribe.end_offset()),
      .subscriber = absl::StrFormat("%s (%s)", NameOf(subscribe), context.peer())};
  if (subscribe.snapshot_position() > 0) {
    start.part = {.id = {.end_offset = RecordOffset(subscribe.snapshot_end_offset()),
                         .epoch = Epoch(subscribe.snapshot_epoch())},
                  .position = static_cast<storage::FilePosition>(subscribe.snapshot_position())};
  }
  return start;
}

}  // namespace

MetadataService::MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                                 const BrokerListener& on_broker) {
  const auto parse = [cluster_id = std::move(cluster_id), edge, on_broker](
                         grpc::ByteBuffer* request, const grpc::CallbackServerContext& context) {
    return ParseStart(cluster_id, *edge, request, context, on_broker);
  };
  AddStream<grpc::ByteBuffer, grpc::ByteBuffer>(
      MethodPath(SubscribeRequest::default_instance()),
      [edge, hub, parse](grpc::CallbackServerContext* context) -> Reactor* {
        Budget& budget = edge->budgets().subscriptions;
        Budget::Hold hold = budget.TryTake(kSubscriptionBytes);
        if (!hold) {
          return new RefusedStream<grpc::ByteBuffer, grpc::ByteBuffer>(
              edge->OverBudget(budget, "subscriptions"));
        }
        return new SubscribeStream(context, std::move(hold), edge, hub, parse);
      });
}

}  // namespace quorate::server
