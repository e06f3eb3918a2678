// Three nodes that are made up, step by step, for tests of the checks: healthy as long as a test
// does nothing wrong by hand.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "raft/effect.h"
#include "raft/event.h"
#include "tests/sim/checks/invariants.h"

namespace quorate::sim {

class FakeCluster {
 public:
  struct Node {
    raft::RaftOptions options;
    NodeFacts facts;
    std::vector<raft::EntryPtr> log;
    // In it, one after the other.
    std::deque<raft::VoterSet> voter_sets;
    // Issued by this process.
    raft::WriteId writes = 0;
    // Position of the first entry that counts as uncommitted bytes.
    size_t first_counted = 0;
    // Of the next step.
    std::vector<raft::Effect> effects;
  };

  // All nodes are up and follow nobody.
  FakeCluster();

  static raft::ReplicaKey KeyOf(int node, char incarnation = 'a');
  static const raft::VoterSet& Voters();
  Invariants& invariants() { return invariants_; }
  Node& At(int node) { return nodes_.at(node); }
  NodeFacts& Facts(int node) { return At(node).facts; }
  MonoTime now() const { return now_; }
  void Pass(Duration time) { now_ += time; }

  // A process starts on an empty disk of that directory id.
  void StartEmpty(const raft::ReplicaKey& key);
  // A process of the node starts on what the facts say; no stream is up.
  void Start(int node);
  // The streams of one node to another begin, or end.
  void Connect(int node, int to);
  void Disconnect(int node, int to);
  // Shows the event, then the node as it is now with its effects, which are used up.
  void Step(int node, const raft::Event& event = raft::event::Wake{});
  void Receive(int node, int from, raft::Message message);
  template <typename T>
  void Emit(int node, T effect) {
    At(node).effects.emplace_back(std::move(effect));
  }
  void Send(int node, int to, raft::Message message);
  void Reply(int node, int to, raft::Message message);

  // The next entry of the node's log, not written yet.
  raft::EntryPtr MakeEntry(int node, int32_t epoch, const std::string& payload = "",
                           raft::EntryType type = raft::EntryType::kRecords);
  // Adds the write to the next step, and what it changes to log and facts.
  void Write(int node, raft::LogWrite write);
  void WriteHardState(int node, int32_t epoch, std::optional<int> vote);
  // Everything written is durable.
  void Sync(int node);

  // Node `node` wins the epoch with the vote of `voter`, all durable, and writes its barrier.
  void Elect(int node, int voter, int32_t epoch);
  // The leader appends one entry in a step of its own; not durable.
  void Append(int leader, const std::string& payload);
  // The leader appends a set of these voters in a step of its own; not durable.
  void ChangeVoters(int leader, const raft::VoterSet& voters);
  // `follower` gets all it lacks of the leader's log, makes it durable and acknowledges it.
  void Replicate(int leader, int follower);
  // The node learns in a step of its own that everything up to `index` is committed.
  void Commit(int node, int64_t index);

  // Node 1 leads epoch 1; entries 1 (its barrier) to 3 are committed, and node 3 lacks entry 3.
  void MakeHistory();
  // Node 1 restarts, and node 2 leads epoch 2 with the vote of node 3.
  void ReplaceLeader();
  void Restart(int node);

  // "5: truncates what is …" of the first violation, or "".
  std::string Violated() const;

 private:
  static raft::SessionId SessionOf(int asker) { return static_cast<raft::SessionId>(asker); }

  // After a start, the streams with all other nodes begin.
  void Reconnect(int node);
  static void CountUncommitted(Node& node);

  Invariants invariants_;
  std::map<int, Node> nodes_;
  MonoTime now_ = MonoTime(std::chrono::seconds(10));
};

}  // namespace quorate::sim
