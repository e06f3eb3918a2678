// The common knowledge of all checks about a cluster, and the record of violations.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "raft/api/message.h"
#include "raft/core/raft_options.h"
#include "tests/sim/checks/disk_mirror.h"
#include "tests/sim/checks/node_facts.h"

namespace quorate::sim {

// A violated invariant, numbered as in docs/simulation.md.
struct Violation {
  int invariant = 0;
  NodeId node;
  std::string what;

  friend std::ostream& operator<<(std::ostream& os, const Violation& v) {
    return os << "invariant " << v.invariant << ", controller " << v.node << ": " << v.what;
  }
};

// A replica, identified by node id and directory id. A wiped disk under an old node id is another
// replica, and the promises of the old one stay on record.
struct NodeRecord {
  explicit NodeRecord(const LogMirror* committed) : disk(committed) {}

  raft::ReplicaKey key;
  raft::RaftOptions options;
  // The number of its current process, from 1.
  int process = 0;
  DiskMirror disk;
  // The replica that answers on each stream of its process. Another directory is another replica.
  std::map<std::pair<NodeId, raft::StreamClass>, raft::ReplicaKey> answerers;
  // The replicas whose claims of an epoch its process did not believe.
  std::set<raft::ReplicaKey> distrusted;
  // Whether its disk was damaged, so that it may stop permanently.
  bool may_give_up = false;
  // The facts after the previous step and after the current one.
  NodeFacts before;
  NodeFacts now;

  NodeId id() const { return key.node_id; }
  // Returns nullopt if that stream is down.
  std::optional<raft::ReplicaKey> AnswererOn(NodeId peer, raft::StreamClass stream) const {
    const auto it = answerers.find({peer, stream});
    return it == answerers.end() ? std::nullopt : std::optional(it->second);
  }
  Epoch epoch() const { return now.hard_state.epoch; }
  // Returns whether it won an election in this step.
  bool JustLeads() const {
    return now.leads() && !(before.leads() && before.epoch() == now.epoch());
  }
};

// The leader of an epoch: one process of one replica.
struct LeaderRecord {
  raft::ReplicaKey key;
  int process = 0;

  friend bool operator==(const LeaderRecord&, const LeaderRecord&) = default;
};

class ClusterRecord {
 public:
  NodeRecord& Node(const raft::ReplicaKey& key) {
    return nodes_.try_emplace(key, &committed_).first->second;
  }
  // Returns whether the replica has run as a controller of this cluster. All others are strangers.
  bool Knows(const raft::ReplicaKey& key) const { return nodes_.contains(key); }
  // Returns null for an unknown replica.
  const NodeRecord* Find(const raft::ReplicaKey& key) const {
    const auto it = nodes_.find(key);
    return it == nodes_.end() ? nullptr : &it->second;
  }
  // Returns the replica that last ran under the node id, or null if none did.
  const NodeRecord* FindLatest(NodeId id) const {
    const auto it = latest_.find(id);
    return it == latest_.end() ? nullptr : Find(it->second);
  }
  void SetLatest(const raft::ReplicaKey& key) { latest_[key.node_id] = key; }

  // Everything that any node has committed.
  const LogMirror& committed() const { return committed_; }
  LogIndex committed_index() const { return committed_.last_index(); }
  // Returns the last index that leaders of epochs up to `epoch` have committed. A leader that wins
  // its epoch late need not know what leaders of later epochs have committed.
  LogIndex CommittedBy(Epoch epoch) const {
    const auto after = committed_by_.upper_bound(epoch);
    return after == committed_by_.begin() ? LogIndex(0) : std::prev(after)->second;
  }
  // Records that the leader of `epoch` commits everything in `log` up to `index`.
  void Commit(Epoch epoch, const LogMirror& log, LogIndex index) {
    while (committed_index() < index) committed_.AppendFrom(log);
    committed_by_[epoch] = index;
  }
  // REQUIRES: 0 <= index <= committed_index().
  const EntryMark& CommittedAt(LogIndex index) const { return committed_.At(index).mark; }

  // Records that the replica has acknowledged its log up to `match` to the leader of `epoch`.
  void SetAcknowledged(const raft::ReplicaKey& replica, Epoch epoch, LogIndex match) {
    LogIndex& most = acknowledged_[{replica, epoch}];
    most = std::max(most, match);
  }
  // Returns the highest such index, or 0 if there is none.
  LogIndex AcknowledgedIn(Epoch epoch, const raft::ReplicaKey& replica) const {
    const auto it = acknowledged_.find({replica, epoch});
    return it == acknowledged_.end() ? LogIndex(0) : it->second;
  }

  // Returns the first leader of an epoch, or null if there is none.
  const LeaderRecord* LeaderOf(Epoch epoch) const {
    const auto it = leaders_.find(epoch);
    return it == leaders_.end() ? nullptr : &it->second;
  }
  void SetLeader(Epoch epoch, LeaderRecord leader) { leaders_.emplace(epoch, std::move(leader)); }
  size_t elections() const { return leaders_.size(); }
  // Counts a log that was replaced by a snapshot.
  void CountInstall() { ++installs_; }
  size_t installs() const { return installs_; }
  // Counts a process that ended because its disk hung.
  void CountDiskExit() { ++disk_exits_; }
  size_t disk_exits() const { return disk_exits_; }

  void Violated(int invariant, NodeId node, std::string what) {
    violations_.push_back({.invariant = invariant, .node = node, .what = std::move(what)});
  }
  const std::vector<Violation>& violations() const { return violations_; }
  bool broken() const { return !violations_.empty(); }

 private:
  LogMirror committed_;
  std::map<Epoch, LogIndex> committed_by_;
  std::map<raft::ReplicaKey, NodeRecord> nodes_;
  std::map<NodeId, raft::ReplicaKey> latest_;
  std::map<Epoch, LeaderRecord> leaders_;
  std::map<std::pair<raft::ReplicaKey, Epoch>, LogIndex> acknowledged_;
  size_t installs_ = 0;
  size_t disk_exits_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace quorate::sim
