// Which peers there are, and where each is dialled: those of the configuration always, the voters
// that govern, and whoever has a stream to us (observers). A configured address is dialled as it
// is; any other peer where it last said that it listens, or where the voter set says so.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "raft/voter_set.h"
#include "server/peer_state.h"

namespace quorate::server {

// Lives on the raft loop. A peer's state is kept when the peer is dialled no longer: what is under
// way may still come back to it.
class PeerRoster {
 public:
  explicit PeerRoster(PeerContext* context);

  // Dials everybody from now on.
  void Start();
  // Tells nothing any more.
  void Stop();

  // These voters govern. They are dialled, and former ones no longer, unless for another reason.
  void SetVoters(const raft::VoterSet& voters);
  // The peer opened a stream to us, whose Hello we accepted; the stream ended.
  void OnSessionHello(raft::StreamClass stream, const Hello& hello);
  void OnSessionEnd(NodeId peer);

  // Null: there never was such a peer.
  PeerState* Find(NodeId peer);
  // On the control stream to each.
  void SayGoodbye(const Goodbye& goodbye);

 private:
  struct Peer {
    Peer(PeerContext* context, NodeId id) : state(context, id) {}
    PeerState state;
    // Nothing: nobody said where it is.
    std::optional<HostPort> address;
    // Streams that it has to us.
    int sessions = 0;
    bool dialled = false;
  };

  Peer& Get(NodeId id);
  // Unless the configuration knows better. `endpoint` is as the peer advertises it.
  void Locate(NodeId id, const std::string& endpoint);
  // Begins or ends to dial it.
  void Update(NodeId id);

  PeerContext* const context_;
  std::map<NodeId, Peer> peers_;
  std::set<NodeId> voters_;
  bool running_ = false;
};

}  // namespace quorate::server
