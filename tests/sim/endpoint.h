// The Transport of one simulated process: it dials its peers again and again, accepts them, and
// notices a death by its broken connection, as server/'s transport does (docs/ARCHITECTURE.md,
// "Death is noticed when the connection breaks"). Its peers are those of the configuration always,
// the voters that govern, and whoever has a stream to it (server/peer_roster.h).
#pragma once

#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "raft/transport.h"
#include "tests/sim/network.h"

namespace quorate::sim {

class Endpoint final : public raft::Transport {
 public:
  // `after_call` runs after each call of the port: a process may die there. Everything outlives the
  // endpoint, which outlives its process. Who does not listen is none that its node id leads to.
  Endpoint(Network* network, Actor* actor, raft::PeerHello hello, std::function<void()> after_call,
           bool listens = true);

  NodeId id() const { return hello_.key.node_id; }

  // Opens and accepts connections from now on.
  void Start(raft::TransportEvents* events);
  // The process is gone: its machine closes its connections, and nothing here does anything.
  void Crash();

  // raft::Transport
  void Send(NodeId to, raft::Message message) override;
  void Reply(raft::SessionId session, raft::Message message) override;
  void SayGoodbye(raft::GoodbyeReason reason, Epoch epoch) override;
  void Announce(bool has_log, std::optional<raft::VoterSet> voter_set) override;

  // From the network.
  void WhenRunning(Task task) { network_.scheduler().After(Duration(0), std::move(task), actor_); }
  void OnMessage(Connection* connection, Connection::Way way, raft::Message message);
  // Ends every connection with a peer.
  void BreakAll(NodeId peer);

 private:
  struct Goodbye {
    raft::ReplicaKey from;
    raft::GoodbyeReason reason;
    Epoch epoch;
    friend bool operator==(const Goodbye&, const Goodbye&) = default;
  };
  // Our own stream of one class.
  struct Link {
    Connection* connection = nullptr;  // dialled or up
    // Who answers.
    raft::ReplicaKey answerer;
    Duration backoff{0};
    TimerId redial = kNoTimer;
  };
  struct Peer {
    std::array<Link, std::size(raft::kStreamClasses)> links;
    // The streams that it opened to us.
    std::vector<Connection*> inbound;
    bool is_dialled = false;
    TimerId death = kNoTimer;
    bool end_is_announced = false;
    std::optional<Goodbye> last_goodbye;
  };

  Link& LinkOf(NodeId peer, raft::StreamClass stream) {
    return peers_.at(peer).links[static_cast<size_t>(stream)];
  }
  void SetVoters(const raft::VoterSet& voters);
  bool IsWanted(NodeId peer) const;
  // Begins or ends to dial it.
  void Update(NodeId peer);
  void Retire(NodeId peer);
  void Dial(NodeId peer, raft::StreamClass stream);
  // Tells the other end that we have given up a connection that we dialled.
  void HangUp(Connection* connection);
  void OnAccepted(Connection* connection, const raft::PeerHello& hello);
  void OnDialFailed(Connection* connection, bool refused);
  void Accept(Connection* connection, const raft::PeerHello& hello);
  void OnHello(const raft::PeerHello& hello);
  void OnGoodbye(const Goodbye& goodbye, bool on_our_own);
  // The connection that we dialled is over.
  void Break(Connection* connection);
  // One that we accepted is.
  void Forget(Connection* connection);
  void DeclareDead(NodeId peer);

  Network& network_;
  Actor* const actor_;
  raft::PeerHello hello_;
  const std::function<void()> after_call_;
  const bool listens_;
  raft::TransportEvents* events_ = nullptr;
  bool dead_ = false;
  // That govern, but for this node.
  std::set<NodeId> voters_;
  std::map<NodeId, Peer> peers_;
};

}  // namespace quorate::sim
