// What all checks know of a cluster, and where they write down what is wrong.
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
#include "raft/message.h"
#include "raft/raft_options.h"
#include "tests/sim/checks/disk_mirror.h"
#include "tests/sim/checks/node_facts.h"

namespace quorate::sim {

// One broken invariant. Numbers as in docs/simulation.md.
struct Violation {
  int invariant = 0;
  NodeId node;
  std::string what;

  friend std::ostream& operator<<(std::ostream& os, const Violation& v) {
    return os << "invariant " << v.invariant << ", controller " << v.node << ": " << v.what;
  }
};

// A replica, by node id and directory: a wiped disk under an old node id is another one, and what
// the old one had promised stays on record.
struct NodeRecord {
  explicit NodeRecord(const LogMirror* committed) : disk(committed) {}

  raft::ReplicaKey key;
  raft::RaftOptions options;
  // Counts its processes, from 1.
  int process = 0;
  DiskMirror disk;
  // Who answers on its process's own streams: another directory is another replica.
  std::map<std::pair<NodeId, raft::StreamClass>, raft::ReplicaKey> answerers;
  // Whose claims of an epoch its process did not believe.
  std::set<raft::ReplicaKey> distrusted;
  // Its disk was damaged: it may stop for good.
  bool may_give_up = false;
  // Around the step under way: as the step before left the node, and now.
  NodeFacts before;
  NodeFacts now;

  NodeId id() const { return key.node_id; }
  // Nothing: that stream is down.
  std::optional<raft::ReplicaKey> AnswererOn(NodeId peer, raft::StreamClass stream) const {
    const auto it = answerers.find({peer, stream});
    return it == answerers.end() ? std::nullopt : std::optional(it->second);
  }
  Epoch epoch() const { return now.hard_state.epoch; }
  // Won an election in this step.
  bool JustLeads() const {
    return now.leads() && !(before.leads() && before.epoch() == now.epoch());
  }
};

// Who leads an epoch: one process of one replica.
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
  // It has run as a controller of this cluster; anybody else is a stranger.
  bool Knows(const raft::ReplicaKey& key) const { return nodes_.contains(key); }
  // Null: never seen.
  const NodeRecord* Find(const raft::ReplicaKey& key) const {
    const auto it = nodes_.find(key);
    return it == nodes_.end() ? nullptr : &it->second;
  }
  // The replica that last ran under the node id; null: none did.
  const NodeRecord* FindLatest(NodeId id) const {
    const auto it = latest_.find(id);
    return it == latest_.end() ? nullptr : Find(it->second);
  }
  void SetLatest(const raft::ReplicaKey& key) { latest_[key.node_id] = key; }

  // Everything that is committed anywhere.
  const LogMirror& committed() const { return committed_; }
  LogIndex committed_index() const { return committed_.last_index(); }
  // The last index that leaders of epochs up to `epoch` have committed. A leader that wins its
  // epoch late, when later ones have long gone on, need not know what those have committed.
  LogIndex CommittedBy(Epoch epoch) const {
    const auto after = committed_by_.upper_bound(epoch);
    return after == committed_by_.begin() ? LogIndex(0) : std::prev(after)->second;
  }
  // The leader of `epoch` commits everything in `log` up to `index`.
  void Commit(Epoch epoch, const LogMirror& log, LogIndex index) {
    while (committed_index() < index) committed_.AppendFrom(log);
    committed_by_[epoch] = index;
  }
  // REQUIRES: 0 <= index <= committed_index().
  const EntryMark& CommittedAt(LogIndex index) const { return committed_.At(index).mark; }

  // The replica has told the leader of `epoch` that its log matches up to `match`.
  void SetAcknowledged(const raft::ReplicaKey& replica, Epoch epoch, LogIndex match) {
    LogIndex& most = acknowledged_[{replica, epoch}];
    most = std::max(most, match);
  }
  // The most that it has told so; 0: nothing.
  LogIndex AcknowledgedIn(Epoch epoch, const raft::ReplicaKey& replica) const {
    const auto it = acknowledged_.find({replica, epoch});
    return it == acknowledged_.end() ? LogIndex(0) : it->second;
  }

  // The first to lead an epoch. Null: nobody has.
  const LeaderRecord* LeaderOf(Epoch epoch) const {
    const auto it = leaders_.find(epoch);
    return it == leaders_.end() ? nullptr : &it->second;
  }
  void SetLeader(Epoch epoch, LeaderRecord leader) { leaders_.emplace(epoch, std::move(leader)); }
  size_t elections() const { return leaders_.size(); }
  // A log was replaced by a snapshot.
  void CountInstall() { ++installs_; }
  size_t installs() const { return installs_; }
  // A process ended because its disk hung.
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
