// Which peers there are, and where each is dialled: those of the configuration always, the voters
// that govern, and up to 16 others while they have a stream to us (observers). A peer is dialled at
// its configured address; where that fails or is missing, where it last said that it listens; and
// where that fails, where the voter set says.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "raft/voter_set.h"
#include "server/peer_state.h"

namespace quorate::server {

// Lives on the raft loop. A peer that is dialled no longer is forgotten once nothing is under way
// that would come back to it.
class PeerRoster {
 public:
  explicit PeerRoster(PeerContext* context);

  // Dials everybody from now on.
  void Start();
  // Tells nothing any more.
  void Stop();

  // These voters govern. They are dialled, and former ones no longer, unless for another reason.
  void SetVoters(const raft::VoterSet& voters);
  // The peer opened a stream to us, whose Hello is believed; the stream ended. RESOURCE_EXHAUSTED:
  // there are too many observers; the stream does not count.
  absl::Status OnSessionHello(raft::StreamClass stream, const Hello& hello);
  void OnSessionEnd(NodeId peer);

  // Null: there is no such peer.
  PeerState* Find(NodeId peer);
  // On the control stream to each.
  void SayGoodbye(const Goodbye& goodbye);

 private:
  struct Peer {
    Peer(PeerContext* context, NodeId id) : state(context, id) {}
    PeerState state;
    // Where it is: by the configuration, by its latest Hello that was believed, by the voter set.
    std::optional<HostPort> configured;
    std::optional<HostPort> said;
    raft::ReplicaKey said_by;
    std::optional<HostPort> logged;
    // Streams that it has to us.
    int sessions = 0;
    bool dialled = false;
  };

  Peer& Get(NodeId id);
  // Dialled for another reason than its streams to us.
  bool IsMember(NodeId id) const;
  // `endpoint` as the peer advertises it; nothing, and a line in the log, if it cannot be dialled.
  std::optional<HostPort> Parse(NodeId id, const std::string& endpoint);
  // Removes peers that are wanted no more.
  void Sweep();
  // Begins or ends to dial it.
  void Update(NodeId id);

  PeerContext* const context_;
  std::map<NodeId, Peer> peers_;
  std::set<NodeId> voters_;
  bool running_ = false;
};

}  // namespace quorate::server
