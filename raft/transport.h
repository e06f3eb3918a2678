// The port through which the consensus core reaches its peers. server/ implements it on gRPC
// streams, the simulator on a virtual network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "raft/message.h"
#include "raft/voter_set.h"

namespace quorate::raft {

// Names the inbound stream that a question came on.
using SessionId = uint64_t;

// What a peer said of itself: the part of Hello that the founding of a cluster depends on.
struct PeerHello {
  ReplicaKey key;
  // HOST:PORT of its peer listener, as advertised.
  std::string peer_endpoint;
  // The node ids of its configured voter list, ascending.
  std::vector<NodeId> configured_voters;
  // It was started as an observer, and founds no cluster.
  bool observer = false;
  bool has_log = false;
  // Its log's latest voter set, else the one it persisted at its founding; nothing: it has neither.
  std::optional<VoterSet> voter_set;
};

// Thread-safe; never blocks.
class Transport {
 public:
  virtual ~Transport() = default;

  // Sends a question on our own stream to `to`; dropped if that stream is not up. Messages of one
  // class stay in order.
  virtual void Send(NodeId to, Message message) = 0;

  // Answers on the stream that the question came on; dropped if it is gone.
  virtual void Reply(SessionId session, Message message) = 0;

  // Tells every peer, on every control stream, and leaves the streams open.
  virtual void SayGoodbye(GoodbyeReason reason, Epoch epoch) = 0;

  // What each Hello said from now on tells of this node's log and voter set. First called before
  // RaftNode::Start returns: streams are opened and accepted only after that.
  virtual void Announce(bool has_log, std::optional<VoterSet> voter_set) = 0;
};

// What the transport tells; each call on the raft loop. After OnStreamDown nothing comes from that
// stream any more.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;

  // A question (`session` names its stream) or an answer (`session` is 0). `from` is who said Hello
  // at the other end of the stream.
  virtual void OnMessage(ReplicaKey from, SessionId session, Message message) = 0;

  // A peer's Hello on a control stream, whichever side opened it, before anything else of that
  // stream. Each Hello replaces what the peer said before. A stream that the peer opened tells none
  // if it claims a voter's node id without that voter's directory id.
  virtual void OnPeerHello(PeerHello hello) = 0;

  // Our own stream to `peer` is open and both sides said Hello. `key` is who answered.
  virtual void OnStreamUp(NodeId peer, StreamClass stream, ReplicaKey key) = 0;
  virtual void OnStreamDown(NodeId peer, StreamClass stream) = 0;

  // The control stream broke without Goodbye, and a re-dial was refused or brought no new session
  // within 5 ms. A guess: acting on it must be harmless if it is wrong.
  virtual void OnPeerDead(NodeId peer) = 0;

  // The peer said Goodbye on either of the two control streams.
  virtual void OnGoodbye(ReplicaKey peer, GoodbyeReason reason, Epoch epoch) = 0;
};

}  // namespace quorate::raft
