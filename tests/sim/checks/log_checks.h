// What logs may hold and what is committed: invariants 2 to 5 and 7 to 9 (docs/simulation.md).
#pragma once

#include <vector>

#include "raft/durable_log.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class LogChecks {
 public:
  // `cluster` outlives the checks.
  explicit LogChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  // A write that the core issued, before it is applied to the replica's mirror. False: it cannot
  // be.
  bool OnWrite(const NodeRecord& node, const raft::LogWrite& write);
  void OnStep(const NodeRecord& node);

 private:
  void CheckInstall(const NodeRecord& node, const raft::SnapshotMeta& snapshot);
  void CheckTruncation(const NodeRecord& node, LogIndex index);
  // False: it does not follow `previous`, and nothing can be said of what comes after it.
  bool CheckEntry(const NodeRecord& node, const LoggedEntry& previous, const raft::Entry& entry);
  void CheckVoterChanges(const NodeRecord& node);
  void CheckAgainstMirror(const NodeRecord& node);
  void CheckCommit(const NodeRecord& node);
  void CheckQuorum(const NodeRecord& node, LogIndex index);

  ClusterRecord& cluster_;
  // Every entry that was ever written, by index: one for each epoch.
  std::vector<std::vector<EntryMark>> known_;
};

}  // namespace quorate::sim
