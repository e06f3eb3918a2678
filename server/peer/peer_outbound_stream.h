// A stream that we opened to a peer: our requests leave on it and responses arrive on it. Events
// from gRPC's threads are posted to the raft loop.
#pragma once

#include <atomic>
#include <memory>

#include "base/executor.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "server/peer/peer_stream.h"

namespace quorate::server {

class PeerOutboundStream final
    : public PeerStream<grpc::ClientBidiReactor<grpc::ByteBuffer, raft::v1::PeerMessage>> {
 public:
  // Receives the stream's events on the raft loop.
  class Owner {
   public:
    virtual void OnPayload(PeerOutboundStream* stream, PeerPayload payload) = 0;
    // The last call. `why` is never OK: if both ends closed the stream, it is CANCELLED.
    virtual void OnEnd(PeerOutboundStream* stream, absl::Status why) = 0;

   protected:
    ~Owner() = default;
  };

  // Opens the stream and sends `hello`. Returns null if the registry is not open. The stream keeps
  // itself alive until gRPC is done with it. `owner`, `executor` and `registry` must live until
  // OnEnd has run.
  static std::shared_ptr<PeerOutboundStream> Open(std::shared_ptr<grpc::Channel> channel,
                                                  raft::StreamClass stream_class,
                                                  const Hello& hello, Owner* owner,
                                                  Executor* executor, PeerCallRegistry* registry);

  void Cancel() override;

  // Returns whether we ended the stream, and not the peer or the network.
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  PeerOutboundStream(std::shared_ptr<grpc::Channel> channel, raft::StreamClass stream_class,
                     Owner* owner, Executor* executor, PeerCallRegistry* registry);

  void Deliver(PeerPayload payload, size_t bytes) override;
  void OnMalformed(const absl::Status& why) override;
  void EndWrites() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Reads even while this end closes: only a failed read shows that the stream is over.
  bool MayRead() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !ended_; }
  void OnReadsEnded() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnDone(const grpc::Status& status) override;

  Owner* const owner_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::atomic<bool> cancelled_ = false;
  // Why we ended the stream. Written before OnDone, which reads it.
  absl::Status malformed_;
  // Keeps this object alive while gRPC may call it.
  std::shared_ptr<PeerOutboundStream> self_;
};

}  // namespace quorate::server
