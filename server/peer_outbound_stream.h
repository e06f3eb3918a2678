// Our own stream to a peer: questions go out, answers come back. What gRPC's threads are told is
// posted to the raft loop.
#pragma once

#include <atomic>
#include <memory>

#include "base/executor.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "quorate/raft/v1/raft_service.grpc.pb.h"
#include "server/peer_stream.h"

namespace quorate::server {

class PeerOutboundStream final
    : public PeerStream<grpc::ClientBidiReactor<raft::v1::PeerMessage, raft::v1::PeerMessage>> {
 public:
  // Told on the raft loop.
  class Owner {
   public:
    virtual void OnPayload(PeerOutboundStream* stream, PeerPayload payload) = 0;
    // The last call. Never OK: a stream that both ends closed is CANCELLED.
    virtual void OnEnd(PeerOutboundStream* stream, absl::Status why) = 0;

   protected:
    ~Owner() = default;
  };

  // Opens the stream and says `hello`. Null: the registry is shut. The stream keeps itself alive
  // until gRPC is done with it; `owner`, `executor` and `registry` must live until OnEnd has run.
  static std::shared_ptr<PeerOutboundStream> Open(std::shared_ptr<grpc::Channel> channel,
                                                  raft::StreamClass stream_class,
                                                  const Hello& hello, Owner* owner,
                                                  Executor* executor, PeerCallRegistry* registry);

  void Cancel() override;

  // We ended it, not the peer and not the network.
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  PeerOutboundStream(std::shared_ptr<grpc::Channel> channel, raft::StreamClass stream_class,
                     Owner* owner, Executor* executor, PeerCallRegistry* registry);

  void Deliver(PeerPayload payload, size_t bytes) override;
  void OnMalformed(const absl::Status& why) override;
  void EndWrites() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Also while this end closes: only a read tells that the stream is over.
  bool MayRead() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !ended_; }
  void OnReadsEnded() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnDone(const grpc::Status& status) override;

  Owner* const owner_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<raft::v1::RaftService::Stub> stub_;
  grpc::ClientContext context_;
  std::atomic<bool> cancelled_ = false;
  // Why we ended it; written before OnDone, read by it.
  absl::Status malformed_;
  // Held while gRPC may call.
  std::shared_ptr<PeerOutboundStream> self_;
};

}  // namespace quorate::server
