// A stream that a peer opened: requests arrive on it and our responses leave on it. Events from
// gRPC's threads are posted to the raft loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "grpcpp/server_context.h"
#include "raft/api/transport.h"
#include "server/peer/peer_stream.h"
#include "server/security/caller.h"

namespace quorate::server {

class PeerInboundStream final
    : public PeerStream<grpc::ServerBidiReactor<raft::v1::PeerMessage, grpc::ByteBuffer>> {
 public:
  // Receives the stream's events on the raft loop.
  class Owner {
   public:
    // The first call, before any OnPayload.
    virtual void OnOpened(std::shared_ptr<PeerInboundStream> stream) = 0;
    virtual void OnPayload(PeerInboundStream* stream, PeerPayload payload) = 0;
    // A message is invalid. The stream is already being ended.
    virtual void OnMalformed(PeerInboundStream* stream, absl::Status why) = 0;
    // The last call.
    virtual void OnEnd(PeerInboundStream* stream) = 0;

   protected:
    ~Owner() = default;
  };

  // Takes over the gRPC call. Returns null if the registry is not open. The stream keeps itself
  // alive until gRPC is done with it. `owner`, `executor` and `registry` must live until OnEnd has
  // run.
  static PeerInboundStream* Accept(grpc::CallbackServerContext* context,
                                   raft::StreamClass stream_class, Owner* owner, Executor* executor,
                                   PeerCallRegistry* registry);

  // Unique within the process; the first is 1.
  raft::SessionId id() const { return id_; }
  raft::StreamClass stream_class() const { return stream_class_; }
  // The names in the peer's certificate; nullopt if the connection is plain text.
  const std::optional<security::CertificateNames>& caller() const { return caller_; }
  // The remote address as gRPC writes it, without its port: "ipv4:10.0.0.7".
  const std::string& remote_host() const { return remote_host_; }

  // Ends the stream with the status `why` after the queued messages are sent.
  void Refuse(const absl::Status& why);
  void Cancel() override;

 private:
  PeerInboundStream(grpc::CallbackServerContext* context, raft::StreamClass stream_class,
                    Owner* owner, Executor* executor, PeerCallRegistry* registry);

  void Deliver(PeerPayload payload, size_t bytes) override;
  void OnMalformed(const absl::Status& why) override;
  void EndWrites() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Stops reading once the peer was refused or this end closes.
  bool MayRead() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !closing_ && !ended_;
  }
  void OnReadsEnded() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnCancel() override;
  void OnDone() override;

  const raft::SessionId id_;
  const std::string remote_host_;
  const std::optional<security::CertificateNames> caller_;
  // Valid until OnDone returns.
  grpc::CallbackServerContext* const context_;
  Owner* const owner_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
  grpc::Status final_status_ ABSL_GUARDED_BY(mutex_);
  // Keeps this object alive while gRPC may call it.
  std::shared_ptr<PeerInboundStream> self_;
};

}  // namespace quorate::server
