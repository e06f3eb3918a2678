// RaftService on the peer listener: hands streams to the peer transport, and forwarded requests to
// the part that serves clients.
#pragma once

#include <functional>

#include "absl/functional/any_invocable.h"
#include "base/budget.h"
#include "base/clock.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "server/calls/method_service.h"
#include "server/calls/receive_queue.h"
#include "server/node/limits.h"
#include "server/peer/peer_call_registry.h"
#include "server/peer/peer_inbound_stream.h"

namespace quorate::server {

// Executes a request that another controller forwarded, and calls `reply` once, from any thread.
// Errors are returned in ForwardResponse. `request` lives until the handler returns. gRPC's threads
// call the handler, several at a time, and PeerTransport's `large_loop` does for large requests.
using ForwardReply = absl::AnyInvocable<void(raft::v1::ForwardResponse) &&>;
using ForwardHandler =
    std::function<void(const raft::v1::ForwardRequest& request, ForwardReply reply)>;

class PeerService final : public MethodService {
 public:
  // All must outlive the service's calls.
  PeerService(ForwardHandler forward_handler, PeerInboundStream::Owner* owner, Executor* executor,
              Executor* large_loop, const Clock* clock, PeerCallRegistry* registry);

  using PeerStreamReactor = grpc::ServerBidiReactor<raft::v1::PeerMessage, grpc::ByteBuffer>;

 private:
  PeerStreamReactor* Accept(grpc::CallbackServerContext* context, raft::StreamClass stream_class);

  void Forward(UnaryCall* call, const raft::v1::ForwardRequest& request);

  const ForwardHandler forward_handler_;
  PeerInboundStream::Owner* const owner_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
  Budget forwarded_{kForwardedCalls};
  ReceiveQueue receiving_;
  SendWatch sends_;
};

}  // namespace quorate::server
