// The raft::Transport of a real controller. It keeps gRPC streams between all controllers, in both
// directions, for control messages, appends and snapshots, each on its own connection. It detects a
// peer's death by its broken connection (docs/ARCHITECTURE.md, "Death is noticed when the
// connection breaks").
//
//   PeerTransport -> register Serve() on the peer listener -> RaftNode::Start (announces)
//   -> Start -> … -> Stop -> shut the listener down -> stop the raft loop -> destroy
//
// Its state lives on the raft loop (peer_roster.h, peer_sessions.h); gRPC's threads decode messages
// and post them there.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "raft/api/transport.h"
#include "server/peer/peer_context.h"
#include "server/peer/peer_forwarder.h"
#include "server/peer/peer_roster.h"
#include "server/peer/peer_service.h"
#include "server/peer/peer_sessions.h"

namespace quorate::server {

class PeerTransport final : public raft::Transport, private PeerSessions::Owner {
 public:
  // `executor` is the raft loop. Large forwarded requests are handled on `large_loop`. The caller
  // owns all three, and they outlive the transport.
  PeerTransport(PeerTransportOptions options, Executor* executor, Executor* large_loop,
                const Clock* clock);
  // Calls Stop.
  ~PeerTransport() override;

  // Returns the RaftService for the peer listener (configured by ConfigurePeerServer). It refuses
  // streams before Start. `handler` executes the requests that other controllers forward. Call
  // once, before Start.
  PeerService* Serve(ForwardHandler handler);

  // Starts to open and accept streams. `events` is called on the raft loop and must live until Stop
  // returns. The endpoints are the advertised HOST:PORT of both listeners. Call once.
  void Start(raft::TransportEvents* events, std::string peer_endpoint, std::string client_endpoint);

  // Ends all streams after their queued messages are sent. The caller should call SayGoodbye first;
  // without a Goodbye the peers take the end of the streams for a death. After Stop returns, no
  // event, callback or handler runs, and sending does nothing. Blocks for up to
  // PeerTimings::close_grace or a little longer. Idempotent. REQUIRES: the executor runs, and the
  // calling thread is not its thread.
  void Stop();

  // Returns the HOST:PORT at which clients reach the peer, from its last Hello. Thread-safe.
  std::optional<std::string> ClientEndpoint(NodeId peer) const {
    return context_.directory.ClientEndpoint(peer);
  }

  // Returns where this node reaches or tries to reach the peer. Thread-safe.
  std::optional<PeerContact> Contact(NodeId peer) const { return context_.directory.Contact(peer); }

  // Return what was counted of the peers that are dialled, and of refused streams. Thread-safe.
  PeerMetricsMap Metrics() const { return context_.directory.AllMetrics(); }
  const StreamRefusalCounts& refusals() const { return context_.refusals; }

  // Thread-safe.
  Forwarder* forwarder() { return &forwarder_; }

  // raft::Transport
  void Send(NodeId to, raft::Message message) override;
  void Reply(raft::SessionId session, raft::Message message) override;
  void SayGoodbye(raft::GoodbyeReason reason, Epoch epoch) override;
  void Announce(bool has_log, std::optional<raft::VoterSet> voter_set) override;

 private:
  // PeerSessions::Owner
  absl::Status OnSessionHello(raft::StreamClass stream, const Hello& hello) override;
  void OnSessionEnd(NodeId from) override;
  void OnUnprovenHello(NodeId claimed) override;
  void OnSessionGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye) override;
  void OnSessionMessage(const raft::ReplicaKey& from, raft::SessionId session,
                        raft::Message message) override;

  // Runs `task` on the raft loop: immediately if the caller is on it, otherwise later. A template,
  // because the core sends from the loop, where a Task would allocate memory for each message.
  template <typename Fn>
  void OnLoop(Fn task);
  // Runs `task` on the raft loop and waits for it.
  void OnLoopAndWait(absl::AnyInvocable<void()> task);

  Executor* const large_loop_;
  PeerContext context_;
  PeerRoster roster_;
  PeerSessions sessions_;
  std::optional<PeerService> service_;
  PeerForwarder forwarder_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace quorate::server
