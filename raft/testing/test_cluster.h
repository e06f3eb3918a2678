// Several cores, their disks and the streams between them, in one thread and in the test's hands:
// no message arrives, no write is synced and no time passes unless the test says so.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "raft/raft_core.h"
#include "raft/step_observer.h"
#include "raft/testing/memory_disk.h"
#include "raft/testing/memory_snapshots.h"

namespace quorate::raft {

// A message on its way.
struct Envelope {
  NodeId from;
  NodeId to;
  // The stream that it travels on, which names the session for its answer.
  SessionId stream = 0;
  bool is_answer = false;
  Message message;
};

class TestCluster {
 public:
  struct Options {
    // Voters, numbered from 1; observers, numbered from there on.
    int nodes = 3;
    int observers = 0;
    uint64_t seed = 1;
    // The cluster was founded before the test: every disk holds the voter set.
    bool founded = true;
    // What of a snapshot goes into one message.
    size_t snapshot_piece_bytes = 100;
    // Timeouts and limits; identity and voters are filled in.
    RaftOptions raft;
  };

  struct Node {
    RaftOptions options;
    MemoryDisk disk;
    MemorySnapshots snapshots;
    // Pieces of a snapshot that are being written.
    std::deque<effect::ReceiveChunk> unwritten_chunks;
    // Null: down.
    std::unique_ptr<RaftCore> core;
    // Everything waits, as for a process under SIGSTOP; events are held until Resume.
    bool paused = false;
    std::deque<Event> held;
    MonoTime deadline = kNever;
    // How far its wall clock is off.
    int64_t wall_shift_ms = 0;
    // What its users were told, be it in a snapshot.
    std::vector<EntryPtr> delivered;
    // How often it was told to load a snapshot, since the cluster was made.
    int snapshots_loaded = 0;
    std::map<Token, LogIndex> reads_ready;
    std::set<Token> reads_failed;
    std::map<Token, absl::Status> transfers;
    std::optional<Epoch> claimed;
    std::optional<Epoch> paused_epoch;
    std::optional<absl::Status> fatal;
  };

  // Who looks at what happens, as far as it wants to.
  struct Observer {
    StepObserver* steps = nullptr;
    // Each effect, before it is executed.
    std::function<void(NodeId, const Effect&)> on_effect;
    std::function<void(const ReplicaKey&, WriteId)> on_durable;
    std::function<void(const ReplicaKey&, const std::vector<EntryPtr>&)> on_delivered;
  };

  explicit TestCluster(Options options);

  // Nodes are numbered from 1.
  std::vector<NodeId> Ids() const;
  Node& At(NodeId id) { return nodes_.at(id); }
  const Node& At(NodeId id) const { return nodes_.at(id); }
  bool IsUp(NodeId id) const { return At(id).core != nullptr; }
  MonoTime now() const { return now_; }
  static ReplicaKey KeyOf(NodeId id, int incarnation = 0);
  Voter VoterOf(NodeId id) const;
  // Of the beginning.
  VoterSet Voters() const;
  // The one that leads the highest epoch.
  std::optional<NodeId> FindLeader() const;
  void SetObserver(Observer observer) { observer_ = std::move(observer); }

  // Starts a node with what its disk holds. Streams are opened with Connect.
  void Start(NodeId id);
  // The process is gone, and so is what it had not synced; its streams break. Whether the others
  // take it for dead is up to NoticeDeath.
  void Crash(NodeId id);
  void NoticeDeath(NodeId survivor, NodeId dead);
  void Pause(NodeId id) { At(id).paused = true; }
  void Resume(NodeId id);
  // A new, empty disk under the same node id, which starts as an observer from now on or, if
  // `as_voter`, as if nothing had happened. REQUIRES: the node is down.
  void WipeDisk(NodeId id, bool as_voter = false);

  // Opens or breaks all streams between two nodes.
  void Connect(NodeId a, NodeId b);
  void Disconnect(NodeId a, NodeId b);
  bool AreConnected(NodeId a, NodeId b) const;
  void ConnectAll();

  // Hands an event to a node, if it is up, and executes the effects; a paused one gets it later.
  void Step(NodeId id, Event event);

  // Whose stream the session is; nothing: it broke.
  std::optional<NodeId> AskerOf(SessionId session) const;

  const std::deque<Envelope>& wire() const { return wire_; }
  // Delivers the first message of the stream and direction of wire()[position], or drops it.
  void DeliverNear(size_t position);
  void DropNear(size_t position);
  // Delivers what is now on its way from one node to another. Returns the number of messages.
  int Deliver(NodeId from, NodeId to);

  // Has a node save a snapshot of what it was told. REQUIRES: that is not nothing.
  void SaveSnapshot(NodeId id);

  // Makes one write, or all that were issued, durable.
  void SyncOne(NodeId id);
  // Finishes the write of one piece of a snapshot. REQUIRES: there is one.
  void WriteChunk(NodeId id);
  void SyncAll();
  // Passes time, stopping at each deadline on the way.
  void Advance(Duration d);
  // Delivers and syncs until nothing is under way; no time passes. REQUIRES: that comes to an end.
  void Settle();
  // Alternates Settle and Advance(step) until `done`; false: not within `limit`.
  bool RunUntil(const std::function<bool()>& done, Duration limit,
                Duration step = std::chrono::milliseconds(5));

  // Passes time until the deadline of `id`, and has only its come true.
  void MeetDeadline(NodeId id);
  // Has `id` stand before the others do, and settles. REQUIRES: nobody leads.
  void Elect(NodeId id);
  // Proposes one entry of one record on a node, which may or may not lead.
  void Propose(NodeId id, const std::string& payload);
  // Proposes a voter set on a leader. REQUIRES: RaftCore::CheckVoterChange.
  void ProposeVoters(NodeId id, const VoterSet& voters);
  Token StartRead(NodeId id, Duration timeout);
  Token StartTransfer(NodeId id, std::optional<NodeId> target);

 private:
  struct Stream {
    NodeId owner;
    NodeId peer;
    StreamClass stream_class = StreamClass::kControl;
  };

  void Propose(NodeId id, EntryType type, const std::string& payload);
  // Passes time, but only `only` notices, if it is given.
  void AdvanceFor(Duration d, std::optional<NodeId> only);
  void Execute(NodeId id, Effect effect);
  void Deliver(const Envelope& envelope);
  PeerHello HelloOf(NodeId id) const;
  size_t FirstOfItsStream(size_t position) const;
  std::optional<SessionId> FindStream(NodeId owner, NodeId peer, StreamClass stream_class) const;

  const Options options_;
  MonoTime now_ = MonoTime(std::chrono::hours(1));
  std::map<NodeId, Node> nodes_;
  std::map<NodeId, int> incarnations_;
  std::map<SessionId, Stream> streams_;
  SessionId next_stream_ = 1;
  uint64_t next_seed_;
  std::deque<Envelope> wire_;
  Token next_token_ = 1;
  // Events that effects cause come after those effects, as with a real loop.
  std::deque<std::pair<NodeId, Event>> events_;
  bool stepping_ = false;
  Observer observer_;
};

}  // namespace quorate::raft
