// The raft::Transport of a real controller: gRPC streams between all controllers, in both
// directions, for control messages, appends and snapshots, each on a connection of its own. It
// notices a peer's death by its broken connection (docs/ARCHITECTURE.md, "Death is noticed when the
// connection breaks").
//
//   PeerTransport -> register service() on the peer listener -> RaftNode::Start (announces)
//   -> Start -> … -> Stop -> shut the listener down -> stop the raft loop -> destroy
//
// Its state lives on the raft loop (peer_roster.h, peer_sessions.h); gRPC's threads decode and
// post.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "raft/transport.h"
#include "server/peer_context.h"
#include "server/peer_forwarder.h"
#include "server/peer_roster.h"
#include "server/peer_service.h"
#include "server/peer_sessions.h"

namespace quorate::server {

class PeerTransport final : public raft::Transport, private PeerSessions::Owner {
 public:
  // `executor` is the raft loop. Both are owned by the caller and outlive the transport.
  PeerTransport(PeerTransportOptions options, Executor* executor, const Clock* clock);
  // Stops first.
  ~PeerTransport() override;

  // RaftService for the peer listener (with ConfigurePeerServer). Streams are refused before Start.
  PeerService* service() { return &service_; }

  // Opens and accepts streams from now on. `events` is told on the raft loop and must live until
  // Stop returns. The endpoints are HOST:PORT of both listeners, as advertised. Call once.
  void Start(raft::TransportEvents* events, std::string peer_endpoint, std::string client_endpoint);

  // Ends all streams, after what was sent on them (a Goodbye, which is the caller's to say first:
  // without it the peers take this for a death). When it returns no event, no callback and no
  // handler runs any more, and sending does nothing. Blocks for a moment. Idempotent.
  // REQUIRES: the executor runs; this is not its thread.
  void Stop();

  // HOST:PORT at which clients reach the peer, by its last Hello. Thread-safe.
  std::optional<std::string> ClientEndpoint(NodeId peer) const {
    return context_.directory.ClientEndpoint(peer);
  }

  // Where the peer is looked for, and with what success. Thread-safe.
  std::optional<PeerContact> Contact(NodeId peer) const { return context_.directory.Contact(peer); }

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

  // Runs `task` on the raft loop: now, if this is it.
  void OnLoop(Task task);
  // Runs `task` on the raft loop and waits for it.
  void OnLoopAndWait(absl::AnyInvocable<void()> task);

  PeerContext context_;
  PeerRoster roster_;
  PeerSessions sessions_;
  PeerService service_;
  PeerForwarder forwarder_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace quorate::server
