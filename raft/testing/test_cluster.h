// Several cores, their disks and the streams between them, in one thread and controlled by the
// test: no message arrives, no write is synced and no time passes unless the test says so.
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
#include "raft/core/raft_core.h"
#include "raft/node/step_observer.h"
#include "raft/testing/memory_disk.h"
#include "raft/testing/memory_snapshots.h"

namespace quorate::raft {

// A message in flight.
struct Envelope {
  NodeId from;
  NodeId to;
  // The stream that carries it. It names the session for the reply.
  SessionId stream = 0;
  bool is_answer = false;
  Message message;
};

class TestCluster {
 public:
  struct Options {
    // Voters are numbered from 1, observers from the next number on.
    int nodes = 3;
    int observers = 0;
    uint64_t seed = 1;
    // The cluster was founded before the test: every disk holds the voter set.
    bool founded = true;
    // How many bytes of a snapshot one message carries.
    size_t snapshot_piece_bytes = 100;
    // Timeouts and limits. Identity and voters are filled in.
    RaftOptions raft;
  };

  struct Node {
    RaftOptions options;
    MemoryDisk disk;
    MemorySnapshots snapshots;
    // Pieces of a snapshot that are being written.
    std::deque<effect::ReceiveChunk> unwritten_chunks;
    // Null if the node is down.
    std::unique_ptr<RaftCore> core;
    // The process stands still as under SIGSTOP. Events are held until Resume.
    bool paused = false;
    std::deque<Event> held;
    MonoTime deadline = kNever;
    // How far its wall clock is off, in milliseconds.
    int64_t wall_shift_ms = 0;
    // What was delivered to its users, as entries or in a snapshot.
    std::vector<EntryPtr> delivered;
    // How often its users were told to load a snapshot, since the cluster was created.
    int snapshots_loaded = 0;
    std::map<Token, LogIndex> reads_ready;
    std::set<Token> reads_failed;
    std::map<Token, absl::Status> transfers;
    std::optional<Epoch> claimed;
    std::optional<Epoch> paused_epoch;
    std::optional<absl::Status> fatal;
  };

  // Receives what happens. Each member may be left empty.
  struct Observer {
    StepObserver* steps = nullptr;
    // Called for each effect before it is executed.
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
  // The voters at the beginning.
  VoterSet Voters() const;
  // Returns the node that leads the highest epoch.
  std::optional<NodeId> FindLeader() const;
  void SetObserver(Observer observer) { observer_ = std::move(observer); }

  // Starts a node with what its disk holds. Streams are opened with Connect.
  void Start(NodeId id);
  // The process ends, loses what was not synced, and its streams break. NoticeDeath decides whether
  // the others take it for dead.
  void Crash(NodeId id);
  void NoticeDeath(NodeId survivor, NodeId dead);
  void Pause(NodeId id) { At(id).paused = true; }
  void Resume(NodeId id);
  // Gives the node a new, empty disk under the same node id. From now on it starts as an observer
  // or, with `as_voter`, as before. REQUIRES: the node is down.
  void WipeDisk(NodeId id, bool as_voter = false);

  // Opens or breaks all streams between two nodes.
  void Connect(NodeId a, NodeId b);
  void Disconnect(NodeId a, NodeId b);
  bool AreConnected(NodeId a, NodeId b) const;
  void ConnectAll();

  // Passes an event to a node, if it is up, and executes the effects. A paused node gets it later.
  void Step(NodeId id, Event event);

  // Returns the node that opened the session's stream; nullopt if the stream broke.
  std::optional<NodeId> AskerOf(SessionId session) const;

  const std::deque<Envelope>& wire() const { return wire_; }
  // Delivers, or drops, the first message of the same stream and direction as wire()[position].
  void DeliverNear(size_t position);
  void DropNear(size_t position);
  // Delivers the messages that are in flight from one node to another now. Returns their number.
  int Deliver(NodeId from, NodeId to);

  // Makes a node save a snapshot of what was delivered to it. REQUIRES: something was delivered.
  void SaveSnapshot(NodeId id);

  // Makes one write, or all that were issued, durable.
  void SyncOne(NodeId id);
  // Finishes the write of one piece of a snapshot. REQUIRES: there is one.
  void WriteChunk(NodeId id);
  void SyncAll();
  // Lets time pass, and stops at each deadline on the way.
  void Advance(Duration d);
  // Delivers and syncs until nothing is under way. No time passes. REQUIRES: this comes to an end.
  void Settle();
  // Alternates Settle and Advance(step) until `done`. Returns false if `limit` passes before.
  bool RunUntil(const std::function<bool()>& done, Duration limit,
                Duration step = std::chrono::milliseconds(5));

  // Lets time pass until the deadline of `id`. Only that node notices it.
  void MeetDeadline(NodeId id);
  // Makes `id` stand before the others do, and settles. REQUIRES: no node leads.
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
  // Lets time pass. If `only` is given, only that node notices it.
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
  // Events that effects cause come after those effects, as on a real loop.
  std::deque<std::pair<NodeId, Event>> events_;
  bool stepping_ = false;
  Observer observer_;
};

}  // namespace quorate::raft
