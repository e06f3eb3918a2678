// Checks the contents of logs and what is committed: invariants 2 to 5 and 7 to 9
// (docs/simulation.md).
#pragma once

#include <vector>

#include "raft/api/durable_log.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class LogChecks {
 public:
  // `cluster` outlives the checks.
  explicit LogChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  // Called with a write that the core issued, before it is applied to the replica's mirror. Returns
  // false if it cannot be applied.
  bool OnWrite(const NodeRecord& node, const raft::LogWrite& write);
  void OnStep(const NodeRecord& node);

 private:
  void CheckInstall(const NodeRecord& node, const raft::SnapshotMeta& snapshot);
  void CheckTruncation(const NodeRecord& node, LogIndex index);
  // Returns false if the entry does not follow `previous`. Later entries cannot be checked then.
  bool CheckEntry(const NodeRecord& node, const LoggedEntry& previous, const raft::Entry& entry);
  void CheckVoterChanges(const NodeRecord& node);
  void CheckAgainstMirror(const NodeRecord& node);
  void CheckCommit(const NodeRecord& node);
  void CheckQuorum(const NodeRecord& node, LogIndex index);

  ClusterRecord& cluster_;
  // All entries that were ever written, by index, with one per epoch.
  std::vector<std::vector<EntryMark>> known_;
};

}  // namespace quorate::sim
