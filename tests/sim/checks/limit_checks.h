// What one node must keep within: windows and sums (invariant 10), timers and work (invariant 13),
// and when a leader must give up.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "raft/durable_log.h"
#include "raft/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

// Far more than any load of a simulation causes.
inline constexpr int64_t kMaxStepsPerSecond = 20'000;

class LimitChecks {
 public:
  // `cluster` outlives the checks.
  explicit LimitChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, MonoTime now, const raft::Event& event);
  void OnWrite(const NodeRecord& node, const raft::LogWrite& write);
  void OnStep(const NodeRecord& node, MonoTime now);

 private:
  struct Process {
    // The first entry whose bytes count as uncommitted: the first that this process wrote.
    LogIndex first_counted;
    // When each peer last showed that it works as part of the quorum.
    std::map<raft::ReplicaKey, MonoTime> worked_at;
    // When the voters last changed.
    MonoTime voters_at;
    int64_t second = 0;
    int64_t steps = 0;

    // Of the step under way.
    bool woken = false;
    // Who sent a message, and whether it was more than a sign of life.
    std::optional<std::pair<raft::ReplicaKey, bool>> heard;
  };

  void CheckPace(const NodeRecord& node, MonoTime now);
  void CheckWindows(const NodeRecord& node);
  void CheckUncommittedBytes(const NodeRecord& node);
  void CheckQuorum(const NodeRecord& node, MonoTime now);

  ClusterRecord& cluster_;
  std::map<raft::ReplicaKey, Process> processes_;
};

}  // namespace quorate::sim
