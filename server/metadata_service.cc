#include "server/metadata_service.h"

#include <grpc/grpc.h>

#include <atomic>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/mutex.h"

namespace quorate::server {
namespace {

using metadata::v1::SubscribeRequest;

// One subscription's stream. The hub's loop hands it frames, gRPC's threads send them one by one;
// the lock decides which of the two ends it. Deletes itself.
class SubscribeStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                              public SubscriberStream {
 public:
  SubscribeStream(grpc::CallbackServerContext* context, const CallEdge* edge, SubscriptionHub* hub)
      : context_(context), edge_(edge), hub_(hub) {}

  void Begin(SubscriptionStart start) { id_ = hub_->Subscribe(std::move(start), this); }

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
        end_ = std::move(status);  // after the frame under way
        return;
      }
    }
    ServerWriteReactor::Finish(std::move(status));
  }

  void Cut(common::v1::Error error) override {
    const grpc::Status status = edge_->StatusOf(std::move(error));
    grpc_call* call = nullptr;
    {
      MutexLock lock(&mutex_);
      if (writing_) {
        end_ = status;
        // Once the lock is free, the frame under way may end, and the stream with it.
        call = context_->c_call();
        grpc_call_ref(call);
      }
    }
    if (call == nullptr) {
      ServerWriteReactor::Finish(status);
      return;
    }
    // A frame that is not taken would keep the status behind it; cancelling does not.
    grpc_call_cancel_with_status(call, static_cast<grpc_status_code>(status.error_code()),
                                 status.error_message().c_str(), nullptr);
    grpc_call_unref(call);
  }

 private:
  ~SubscribeStream() override = default;

  void OnWriteDone(bool ok) override {
    if (ok) sent_.fetch_add(1, std::memory_order_relaxed);
    ++next_;
    const bool has_more = ok && next_ < frames_.size();
    std::optional<grpc::Status> end;
    {
      MutexLock lock(&mutex_);
      end = end_;
      if (!has_more) writing_ = false;
    }
    if (end) {
      ServerWriteReactor::Finish(*std::move(end));
    } else if (has_more) {
      WriteNext();
    } else if (ok) {
      hub_->OnWritten(id_);
    } else {
      hub_->OnBroken(id_);
    }
  }

  void OnCancel() override { hub_->OnBroken(id_); }

  void OnDone() override { delete this; }

  void WriteNext() {
    grpc::WriteOptions options;
    // All but the last wait in gRPC's buffer for the ones behind; but the first of the stream takes
    // the initial metadata with it, and with those gRPC reports no write done that only waits.
    if (next_ + 1 < frames_.size() && frames_sent() > 0) options.set_buffer_hint();
    StartWrite(&frames_[next_]->bytes, options);
  }

  grpc::CallbackServerContext* const context_;
  const CallEdge* const edge_;
  SubscriptionHub* const hub_;
  SubscriptionId id_ = 0;

  // The Write under way: owned by whoever may send the next frame.
  std::vector<FramePtr> frames_;
  size_t next_ = 0;
  std::atomic<uint64_t> sent_{0};

  Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

// The broker that subscribes under this name; nothing: it is no broker's.
std::optional<BrokerId> BrokerOf(std::string_view subscriber) {
  constexpr std::string_view kPrefix = "broker-";
  if (subscriber.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::string digits(subscriber.substr(kPrefix.size()));
  int32_t id = 0;
  if (!absl::SimpleAtoi(digits, &id)) return std::nullopt;
  return BrokerId(id);
}

// A call that is refused before it begins.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }

 private:
  ~RefusedStream() override = default;
};

}  // namespace

MetadataService::MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                                 BrokerListener on_broker)
    : cluster_id_(std::move(cluster_id)),
      edge_(edge),
      hub_(hub),
      on_broker_(std::move(on_broker)) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* MetadataService::Subscribe(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  grpc::ByteBuffer bytes = *request;
  SubscribeRequest subscribe;
  if (!grpc::SerializationTraits<SubscribeRequest>::Deserialize(&bytes, &subscribe).ok()) {
    return new RefusedStream(edge_->StatusOf(controller::MakeError(
        common::v1::INVALID_REQUEST, "the bytes are not a SubscribeRequest")));
  }
  if (subscribe.cluster_id() != cluster_id_) {
    return new RefusedStream(edge_->StatusOf(
        controller::MakeError(common::v1::INCONSISTENT_CLUSTER_ID,
                              absl::StrFormat("this is cluster %s, the subscriber asked for '%s'",
                                              cluster_id_, subscribe.cluster_id()))));
  }
  if (const auto broker = BrokerOf(subscribe.subscriber())) on_broker_(*broker);
  auto* stream = new SubscribeStream(context, edge_, hub_);
  const std::string name = subscribe.subscriber().empty() ? "a subscriber" : subscribe.subscriber();
  SubscriptionStart start{.epoch = Epoch(subscribe.epoch()),
                          .end_offset = RecordOffset(subscribe.end_offset()),
                          .subscriber = absl::StrFormat("%s (%s)", name, context->peer())};
  if (subscribe.snapshot_position() > 0) {
    start.part = {.id = {.end_offset = RecordOffset(subscribe.snapshot_end_offset()),
                         .epoch = Epoch(subscribe.snapshot_epoch())},
                  .position = static_cast<storage::FilePosition>(subscribe.snapshot_position())};
  }
  stream->Begin(std::move(start));
  return stream;
}

}  // namespace quorate::server
