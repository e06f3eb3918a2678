// The consensus layer as the controllers of a test see it: one log that all nodes share. The test
// decides when leadership changes and entries are committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

class FakeQuorum {
 public:
  // `clock` must outlive the quorum.
  explicit FakeQuorum(const Clock* clock);
  ~FakeQuorum();

  // Adds node `id` and returns its port.
  raft::ReplicatedLog* AddNode(NodeId id);
  // From now on, `listener` receives what node `id` reports. It must outlive the quorum's last
  // call. REQUIRES: the log is empty.
  void StartNode(NodeId id, raft::ReplicatedLogListener* listener);

  // `id` becomes leader of a new epoch and commits its log and its barrier. Its log has the first
  // `kept` uncommitted entries; the others are lost.
  void Elect(NodeId id, size_t kept = 0);
  // The leader is lost and no other is known.
  void LoseLeader();

  // Cuts the node off, as if it were paused: it receives nothing, and its proposals reach no other
  // node. REQUIRES: if it leads, another node is elected before it is healed.
  void Isolate(NodeId id);
  // Delivers to the node what it has missed, in order.
  void Heal(NodeId id);

  // Sets whether a majority confirms the leader's reads at once, or only when the test calls
  // ConfirmReads.
  void HoldReads() { reads_held_ = true; }
  void ConfirmReads();
  // The number of waiting reads of all nodes.
  size_t waiting_read_count() const;

  // Commits the next `count` entries, or all if there are fewer.
  void Commit(size_t count = SIZE_MAX);
  // Sets whether every proposal is committed as soon as it is made.
  void CommitAtOnce(bool at_once) { commit_at_once_ = at_once; }

  // A transfer of leadership begins (Pause) or fails (Resume).
  void Pause();
  void Resume();
  // Whether the leader has answered the last Pause.
  bool pause_confirmed() const { return pause_confirmed_; }

  // Sets whether transfers of leadership fail. By default, the target is elected at once.
  void RefuseTransfers(bool refuse) { refuse_transfers_ = refuse; }
  // Makes transfers to one target fail.
  void RefuseTransfersTo(NodeId target) { refused_target_ = target; }

  void SetAdmission(raft::Admission admission) { admission_ = admission; }
  // Sets what Describe reports about the replicas.
  void SetReplicas(std::vector<raft::ReplicaStatus> replicas) { replicas_ = std::move(replicas); }

  const std::vector<raft::EntryPtr>& entries() const { return entries_; }
  size_t committed_count() const { return committed_; }
  size_t uncommitted_count() const { return entries_.size() - committed_; }
  std::optional<NodeId> leader() const { return leader_; }
  Epoch epoch() const { return epoch_; }

 private:
  class Node;

  // Calls the node's listener, now or when the node is healed.
  void Tell(NodeId id, std::function<void(raft::ReplicatedLogListener*)> what);
  void Propose(NodeId from, raft::Proposal proposal);
  void Append(raft::Proposal proposal);
  void TellLeader();
  void Renounce(NodeId id);
  RecordOffset high_watermark() const;

  const Clock* const clock_;
  std::map<NodeId, std::unique_ptr<Node>> nodes_;
  std::vector<raft::EntryPtr> entries_;
  size_t committed_ = 0;
  Epoch epoch_;
  std::optional<NodeId> leader_;
  bool commit_at_once_ = false;
  bool reads_held_ = false;
  bool pause_confirmed_ = false;
  bool refuse_transfers_ = false;
  std::optional<NodeId> refused_target_;
  raft::Admission admission_ = raft::Admission::kOpen;
  std::vector<raft::ReplicaStatus> replicas_;
};

}  // namespace quorate::controller
