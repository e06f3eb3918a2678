// The port through which the consensus core reaches its peers. server/ implements it with gRPC
// streams, the simulator with a virtual network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "raft/api/message.h"
#include "raft/api/voter_set.h"

namespace quorate::raft {

// Names the inbound stream on which a request arrived.
using SessionId = uint64_t;

// What a peer says of itself: the part of Hello on which the founding of a cluster and changes of
// the quorum depend.
struct PeerHello {
  ReplicaKey key;
  // HOST:PORT of its listeners, as advertised.
  std::string peer_endpoint;
  std::string client_endpoint;
  // The node ids of its configured voter list, ascending.
  std::vector<NodeId> configured_voters;
  // It was started as an observer and does not found a cluster.
  bool observer = false;
  bool has_log = false;
  // The latest voter set in its log, else the one that it persisted at its founding; nullopt if it
  // has neither.
  std::optional<VoterSet> voter_set;
  // The highest metadata version that its program can replay.
  uint32_t max_metadata_version = 1;
};

// Returns the peer as a voter with the addresses that it announces.
inline Voter VoterOf(const PeerHello& hello) {
  return {.key = hello.key,
          .peer_endpoint = hello.peer_endpoint,
          .client_endpoint = hello.client_endpoint};
}

// Sends requests, replies and Goodbyes to the peers. Thread-safe; never blocks.
class Transport {
 public:
  virtual ~Transport() = default;

  // Sends a request on this node's own stream to `to`. Drops it if that stream is not up. Messages
  // of one class stay in order.
  virtual void Send(NodeId to, Message message) = 0;

  // Sends a reply on the stream that the request came on. Drops it if that stream is gone.
  virtual void Reply(SessionId session, Message message) = 0;

  // Sends Goodbye to every peer, on every control stream. The streams stay open.
  virtual void SayGoodbye(GoodbyeReason reason, Epoch epoch) = 0;

  // Sets what each later Hello says of this node's log and voter set. First called before
  // RaftNode::Start returns: streams are opened and accepted only after that.
  virtual void Announce(bool has_log, std::optional<VoterSet> voter_set) = 0;
};

// What the transport reports. Each call is made on the raft loop. After OnStreamDown nothing more
// comes from that stream.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;

  // A request (`session` names its stream) or a reply (`session` is 0) has arrived. `from` is the
  // replica that said Hello at the other end of the stream.
  virtual void OnMessage(ReplicaKey from, SessionId session, Message message) = 0;

  // A peer said Hello on a control stream, whichever side opened it. Called before anything else
  // from that stream. Each Hello replaces the peer's previous one. Not called for a stream that the
  // peer opened if it claims a voter's node id without that voter's directory id.
  virtual void OnPeerHello(PeerHello hello) = 0;

  // This node's own stream to `peer` is open, and both sides have said Hello. `key` is the replica
  // that answered.
  virtual void OnStreamUp(NodeId peer, StreamClass stream, ReplicaKey key) = 0;
  virtual void OnStreamDown(NodeId peer, StreamClass stream) = 0;

  // The control stream broke without Goodbye, and a new dial was refused or brought no new session
  // within 5 ms. This is a guess, so acting on it must be harmless if it is wrong.
  virtual void OnPeerDead(NodeId peer) = 0;

  // The peer said Goodbye on either of the two control streams.
  virtual void OnGoodbye(ReplicaKey peer, GoodbyeReason reason, Epoch epoch) = 0;
};

}  // namespace quorate::raft
