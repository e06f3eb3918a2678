// Three artificial nodes that tests of the checks drive step by step. The nodes behave correctly
// unless a test makes them fail.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "tests/sim/checks/invariants.h"

namespace quorate::sim {

class FakeCluster {
 public:
  struct Node {
    raft::RaftOptions options;
    NodeFacts facts;
    std::vector<raft::EntryPtr> log;
    // The voter sets in the log, in order.
    std::deque<raft::VoterSet> voter_sets;
    // The number of writes that this process has issued.
    raft::WriteId writes = 0;
    // The position of the first entry that counts as uncommitted.
    size_t first_counted = 0;
    // The effects of the next step.
    std::vector<raft::Effect> effects;
  };

  // Starts all nodes as followers without a leader.
  FakeCluster();

  static raft::ReplicaKey KeyOf(int node, char incarnation = 'a');
  static const raft::VoterSet& Voters();
  Invariants& invariants() { return invariants_; }
  Node& At(int node) { return nodes_.at(node); }
  NodeFacts& Facts(int node) { return At(node).facts; }
  MonoTime now() const { return now_; }
  void Pass(Duration time) { now_ += time; }

  // Starts a process on an empty disk with that directory id.
  void StartEmpty(const raft::ReplicaKey& key);
  // Starts a process of the node with its current facts. No stream is up.
  void Start(int node);
  // Begins or ends the streams of one node to another.
  void Connect(int node, int to);
  void Disconnect(int node, int to);
  // Shows the checks the event, then the current node and its effects, and clears the effects.
  void Step(int node, const raft::Event& event = raft::event::Wake{});
  void Receive(int node, int from, raft::Message message);
  template <typename T>
  void Emit(int node, T effect) {
    At(node).effects.emplace_back(std::move(effect));
  }
  void Send(int node, int to, raft::Message message);
  void Reply(int node, int to, raft::Message message);

  // Creates the next entry of the node's log without writing it.
  raft::EntryPtr MakeEntry(int node, int32_t epoch, const std::string& payload = "",
                           raft::EntryType type = raft::EntryType::kRecords);
  // Adds the write to the next step, and applies it to the log and the facts.
  void Write(int node, raft::LogWrite write);
  void WriteHardState(int node, int32_t epoch, std::optional<int> vote);
  // Makes everything that was written durable.
  void Sync(int node);

  // Lets `node` win the epoch with the durable vote of `voter` and write its barrier.
  void Elect(int node, int voter, int32_t epoch);
  // Lets the leader append one entry in a separate step, without making it durable.
  void Append(int leader, const std::string& payload);
  // Lets the leader append this voter set in a separate step, without making it durable.
  void ChangeVoters(int leader, const raft::VoterSet& voters);
  // Sends `follower` all entries that it lacks. It makes them durable and acknowledges them.
  void Replicate(int leader, int follower);
  // Lets the node learn in a separate step that everything up to `index` is committed.
  void Commit(int node, int64_t index);

  // Afterwards node 1 leads epoch 1, entries 1 (its barrier) to 3 are committed, and node 3 lacks
  // entry 3.
  void MakeHistory();
  // Restarts node 1, and lets node 2 lead epoch 2 with the vote of node 3.
  void ReplaceLeader();
  void Restart(int node);

  // Returns the first violation, such as "5: truncates what is …", or "".
  std::string Violated() const;

 private:
  static raft::SessionId SessionOf(int asker) { return static_cast<raft::SessionId>(asker); }

  // Begins the streams with all other nodes after a start.
  void Reconnect(int node);
  static void CountUncommitted(Node& node);

  Invariants invariants_;
  std::map<int, Node> nodes_;
  MonoTime now_ = MonoTime(std::chrono::seconds(10));
};

}  // namespace quorate::sim
