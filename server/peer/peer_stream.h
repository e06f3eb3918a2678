// The part of a peer stream that is the same at both ends: the queue of outgoing messages, the
// reads, and the order in which operations end. Reading pauses while the raft loop has too many
// unprocessed bytes. PeerOutboundStream and PeerInboundStream derive from it; both are gRPC
// callback reactors.
//
// Any thread may start an operation until `ended_` is set; the mutex protects that check. gRPC
// never calls a reactor from within the call that starts an operation, so it is safe to start one
// while the mutex is held.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/mutex.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/client_callback.h"
#include "grpcpp/support/server_callback.h"
#include "server/node/peer_metrics.h"
#include "server/peer/message_bytes.h"
#include "server/peer/peer_call_registry.h"
#include "server/peer/peer_stream_parser.h"

namespace quorate::server {

// `Reactor` is gRPC's client or server reactor of a stream that reads PeerMessages and writes their
// bytes.
template <typename Reactor>
class PeerStream : public Reactor, public PeerCall {
 public:
  PeerStream(const PeerStream&) = delete;
  PeerStream& operator=(const PeerStream&) = delete;

  // Queues a message. Drops it if the stream is ending. Thread-safe.
  void Send(const PeerPayload& payload) {
    grpc::ByteBuffer message = ToBytes(payload);
    const size_t bytes = message.Length();
    MutexLock lock(&mutex_);
    if (closing_ || ended_) return;
    if (metrics_ != nullptr) {
      metrics_->sent_messages.Add();
      metrics_->sent_bytes.Add(bytes);
    }
    queue_.emplace_back().Swap(&message);
    if (!writing_) WriteNext();
  }

  // Counts the messages from now on. Thread-safe.
  void CountIn(std::shared_ptr<PeerMetrics> metrics) {
    MutexLock lock(&mutex_);
    metrics_ = std::move(metrics);
  }

  void Close() override {
    MutexLock lock(&mutex_);
    CloseLocked();
  }

  // Called when the raft loop has processed a message of `bytes`. Thread-safe.
  void Consumed(size_t bytes) {
    MutexLock lock(&mutex_);
    unconsumed_bytes_ -= bytes;
    if (reading_ || !MayRead() || unconsumed_bytes_ >= kMaxUnconsumedBytes) return;
    reading_ = true;
    this->StartRead(&in_);
  }

 protected:
  // Twice what raft allows in flight to a peer, so only a stuck loop reaches it.
  static constexpr size_t kMaxUnconsumedBytes = size_t{32} << 20;

  PeerStream(raft::StreamClass stream, PeerStreamParser::Expects expects)
      : stream_class_(stream), parser_(stream, expects) {}
  ~PeerStream() = default;

  // Starts the first read. Call once.
  void StartReading() {
    MutexLock lock(&mutex_);
    if (ended_) return;
    reading_ = true;
    this->StartRead(&in_);
  }

  // Called with each complete message, in order, on gRPC's threads. Consumed(bytes) must be called
  // once the message is processed.
  virtual void Deliver(PeerPayload payload, size_t bytes) = 0;
  // Called when a message does not parse or is not allowed. Must end the stream.
  virtual void OnMalformed(const absl::Status& why) = 0;
  // Tells the other end that no more messages follow. Called when no message is queued or being
  // written.
  virtual void EndWrites() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Returns whether another read may begin.
  virtual bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Called when no more messages will arrive: the other end closed the stream, or the connection
  // broke.
  virtual void OnReadsEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;

  void CloseLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (closing_ || ended_) return;
    closing_ = true;
    if (!writing_) EndWrites();
  }

  const raft::StreamClass stream_class_;
  Mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // Close was called. Queued messages are still sent.
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  // No operation may be started any longer; gRPC calls OnDone soon.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    writing_ = true;
    out_.Swap(&queue_.front());
    queue_.pop_front();
    grpc::WriteOptions options;
    if (!queue_.empty()) options.set_buffer_hint();  // one system call for all queued messages
    this->StartWrite(&out_, options);
  }

  void OnWriteDone(bool ok) final {
    out_.Clear();  // it may keep entries alive
    MutexLock lock(&mutex_);
    writing_ = false;
    if (ended_) return;
    if (!ok) queue_.clear();  // broken; the read reports the end
    if (!queue_.empty()) {
      WriteNext();
    } else if (closing_) {
      EndWrites();
    }
  }

  void OnReadDone(bool ok) final {
    if (!ok) {
      MutexLock lock(&mutex_);
      reading_ = false;
      OnReadsEnded();
      return;
    }
    const size_t bytes = in_.ByteSizeLong();
    absl::StatusOr<PeerPayload> payload = parser_.Parse(in_);
    if (!payload.ok()) {
      {
        MutexLock lock(&mutex_);
        reading_ = false;
      }
      OnMalformed(payload.status());
      return;
    }
    {
      MutexLock lock(&mutex_);
      unconsumed_bytes_ += bytes;
      if (metrics_ != nullptr) {
        metrics_->received_messages.Add();
        metrics_->received_bytes.Add(bytes);
      }
    }
    Deliver(*std::move(payload), bytes);
    MutexLock lock(&mutex_);
    reading_ = MayRead() && unconsumed_bytes_ < kMaxUnconsumedBytes;
    if (reading_) this->StartRead(&in_);
  }

  // gRPC owns each of these from the start of an operation to its end.
  raft::v1::PeerMessage in_;
  grpc::ByteBuffer out_;
  PeerStreamParser parser_;
  size_t unconsumed_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Null until the peer is known.
  std::shared_ptr<PeerMetrics> metrics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
