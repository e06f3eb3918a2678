// The Transport of one simulated process. It dials its peers repeatedly, accepts their connections,
// and detects a death by its broken connection, like the transport of server/
// (docs/ARCHITECTURE.md, "Death is noticed when the connection breaks"). Its peers are those of the
// configuration, the current voters, and every node that has a stream to it
// (server/peer/peer_roster.h).
#pragma once

#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "raft/api/transport.h"
#include "tests/sim/network.h"

namespace quorate::sim {

class Endpoint final : public raft::Transport {
 public:
  // `after_call` runs after each port call, and may kill the process. All arguments outlive the
  // endpoint, which outlives its process. If `listens` is false, connections to its node id do not
  // lead to this endpoint.
  Endpoint(Network* network, Actor* actor, raft::PeerHello hello, std::function<void()> after_call,
           bool listens = true);

  NodeId id() const { return hello_.key.node_id; }

  // Starts dialling and accepting connections.
  void Start(raft::TransportEvents* events);
  // Called when the process has died. Its machine closes its connections, and the endpoint does
  // nothing else.
  void Crash();

  // raft::Transport
  void Send(NodeId to, raft::Message message) override;
  void Reply(raft::SessionId session, raft::Message message) override;
  void SayGoodbye(raft::GoodbyeReason reason, Epoch epoch) override;
  void Announce(bool has_log, std::optional<raft::VoterSet> voter_set) override;

  // Returns the streams that peers have opened to this endpoint.
  std::vector<const Connection*> Inbound() const;

  // Called by the network.
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
  // The stream of one class that this endpoint opens.
  struct Link {
    Connection* connection = nullptr;  // dialled or up
    // The replica that answers.
    raft::ReplicaKey answerer;
    Duration backoff{0};
    TimerId redial = kNoTimer;
  };
  struct Peer {
    std::array<Link, std::size(raft::kStreamClasses)> links;
    // The streams that the peer opened to this endpoint.
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
  // Starts or stops dialling the peer, as needed.
  void Update(NodeId peer);
  void Retire(NodeId peer);
  void Dial(NodeId peer, raft::StreamClass stream);
  // Tells the other end that this endpoint has given up a connection that it dialled.
  void HangUp(Connection* connection);
  void OnAccepted(Connection* connection, const raft::PeerHello& hello);
  void OnDialFailed(Connection* connection, bool refused);
  void Accept(Connection* connection, const raft::PeerHello& hello);
  void OnHello(const raft::PeerHello& hello);
  void OnGoodbye(const Goodbye& goodbye, bool on_our_own);
  // Handles the end of a connection that this endpoint dialled.
  void Break(Connection* connection);
  // Handles the end of a connection that this endpoint accepted.
  void Forget(Connection* connection);
  void DeclareDead(NodeId peer);

  Network& network_;
  Actor* const actor_;
  raft::PeerHello hello_;
  const std::function<void()> after_call_;
  const bool listens_;
  raft::TransportEvents* events_ = nullptr;
  bool dead_ = false;
  // The current voters except this node.
  std::set<NodeId> voters_;
  std::map<NodeId, Peer> peers_;
};

}  // namespace quorate::sim
