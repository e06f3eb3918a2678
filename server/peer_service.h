// RaftService as the peer listener serves it: streams go to the peer transport, forwarded requests
// to whoever serves clients.
#pragma once

#include <functional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "quorate/raft/v1/raft_service.grpc.pb.h"
#include "server/peer_call_registry.h"
#include "server/peer_inbound_stream.h"

namespace quorate::server {

// Executes a request that another controller forwarded, and calls `reply` once, from any thread.
// Errors travel in ForwardResponse. Called on gRPC's threads, several at a time.
using ForwardReply = absl::AnyInvocable<void(raft::v1::ForwardResponse) &&>;
using ForwardHandler = std::function<void(raft::v1::ForwardRequest request, ForwardReply reply)>;

class PeerService final : public raft::v1::RaftService::CallbackService {
 public:
  // All must outlive the service's calls.
  PeerService(PeerInboundStream::Owner* owner, Executor* executor, PeerCallRegistry* registry)
      : owner_(owner), executor_(executor), registry_(registry) {}

  // Before the listener starts.
  void SetForwardHandler(ForwardHandler handler) { forward_handler_ = std::move(handler); }

  using PeerStreamReactor = grpc::ServerBidiReactor<raft::v1::PeerMessage, raft::v1::PeerMessage>;
  PeerStreamReactor* Control(grpc::CallbackServerContext* context) override;
  PeerStreamReactor* Append(grpc::CallbackServerContext* context) override;
  PeerStreamReactor* Snapshot(grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Forward(grpc::CallbackServerContext* context,
                                    const raft::v1::ForwardRequest* request,
                                    raft::v1::ForwardResponse* response) override;

 private:
  PeerStreamReactor* Accept(grpc::CallbackServerContext* context, raft::StreamClass stream_class);

  PeerInboundStream::Owner* const owner_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
  ForwardHandler forward_handler_;
};

}  // namespace quorate::server
