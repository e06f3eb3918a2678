// A stream that a peer opened: its questions come in, our answers go out. What gRPC's threads are
// told is posted to the raft loop.
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "grpcpp/server_context.h"
#include "raft/transport.h"
#include "server/peer_stream.h"

namespace quorate::server {

class PeerInboundStream final
    : public PeerStream<grpc::ServerBidiReactor<raft::v1::PeerMessage, raft::v1::PeerMessage>> {
 public:
  // Told on the raft loop.
  class Owner {
   public:
    // The first call, before any payload.
    virtual void OnOpened(std::shared_ptr<PeerInboundStream> stream) = 0;
    virtual void OnPayload(PeerInboundStream* stream, PeerPayload payload) = 0;
    // What came cannot be understood; the stream is being ended.
    virtual void OnMalformed(PeerInboundStream* stream, absl::Status why) = 0;
    // The last call.
    virtual void OnEnd(PeerInboundStream* stream) = 0;

   protected:
    ~Owner() = default;
  };

  // Takes the call over. Null: the registry is shut. The stream keeps itself alive until gRPC is
  // done with it; `owner`, `executor` and `registry` must live until OnEnd has run.
  static PeerInboundStream* Accept(grpc::CallbackServerContext* context,
                                   raft::StreamClass stream_class, Owner* owner, Executor* executor,
                                   PeerCallRegistry* registry);

  // Unique within the process, from 1.
  raft::SessionId id() const { return id_; }
  raft::StreamClass stream_class() const { return stream_class_; }
  // The address that it comes from, as gRPC writes it and without its port: "ipv4:10.0.0.7".
  const std::string& remote_host() const { return remote_host_; }

  // Ends the stream with `why` once what is queued was sent.
  void Refuse(const absl::Status& why);
  void Cancel() override;

 private:
  PeerInboundStream(grpc::CallbackServerContext* context, raft::StreamClass stream_class,
                    Owner* owner, Executor* executor, PeerCallRegistry* registry);

  void Deliver(PeerPayload payload, size_t bytes) override;
  void OnMalformed(const absl::Status& why) override;
  void EndWrites() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What a peer sends after it was refused, or while this end closes, is not read.
  bool MayRead() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !closing_ && !ended_;
  }
  void OnReadsEnded() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnCancel() override;
  void OnDone() override;

  const raft::SessionId id_;
  const std::string remote_host_;
  // Valid until OnDone returns.
  grpc::CallbackServerContext* const context_;
  Owner* const owner_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
  grpc::Status final_status_ ABSL_GUARDED_BY(mutex_);
  // Held while gRPC may call.
  std::shared_ptr<PeerInboundStream> self_;
};

}  // namespace quorate::server
