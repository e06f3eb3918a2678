// Decides which peers this node dials, and at which addresses. The peers are those of the
// configuration, the voters of the voter set in effect, and up to 16 others (observers) while they
// have a stream to us. The addresses of a peer, in the order in which they are tried: the
// configured one, the one in its last Hello, the one in the voter set.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "raft/api/voter_set.h"
#include "server/peer/peer_state.h"

namespace quorate::server {

// Lives on the raft loop. A peer that is no longer dialled is forgotten once no callback to it is
// pending.
class PeerRoster {
 public:
  explicit PeerRoster(PeerContext* context);

  // Starts to dial all peers.
  void Start();
  // Stops dialling. No event is reported after this returns.
  void Stop();

  // Sets the voter set in effect. Its voters are dialled; former voters no longer are, unless for
  // another reason.
  void SetVoters(const raft::VoterSet& voters);
  // The peer has opened a stream to us, and its Hello is believed. Returns RESOURCE_EXHAUSTED if
  // there are too many observers; the stream is not counted then. Otherwise OnSessionEnd follows
  // when the stream ends.
  absl::Status OnSessionHello(raft::StreamClass stream, const Hello& hello);
  void OnSessionEnd(NodeId peer);

  // Returns null if there is no such peer.
  PeerState* Find(NodeId peer);
  // Sends it on our control stream to each peer.
  void SayGoodbye(const Goodbye& goodbye);

 private:
  struct Peer {
    Peer(PeerContext* context, NodeId id) : state(context, id) {}
    PeerState state;
    // Its address according to the configuration, to its latest believed Hello (sent by replica
    // `said_by`), and to the voter set.
    std::optional<HostPort> configured;
    std::optional<HostPort> said;
    raft::ReplicaKey said_by;
    std::optional<HostPort> logged;
    // The number of its streams to us.
    int sessions = 0;
    bool dialled = false;
  };

  Peer& Get(NodeId id);
  // Returns whether the peer is dialled even when it has no stream to us.
  bool IsMember(NodeId id) const;
  // Parses the endpoint that the peer advertises. Returns nullopt, and logs a warning, if it cannot
  // be dialled.
  std::optional<HostPort> Parse(NodeId id, const std::string& endpoint);
  // Forgets the peers that are no longer needed.
  void Sweep();
  // Updates the peer's addresses, and starts or stops dialling it.
  void Update(NodeId id);

  PeerContext* const context_;
  std::map<NodeId, Peer> peers_;
  std::set<NodeId> voters_;
  bool running_ = false;
};

}  // namespace quorate::server
