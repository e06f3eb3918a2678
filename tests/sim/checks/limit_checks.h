// Checks the limits of a node: windows and sums (invariant 10), timers and work (invariant 13),
// when a leader must resign, and when a process may end because of its disk (invariant 2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "raft/api/durable_log.h"
#include "raft/core/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

// Far above any load of a simulation.
inline constexpr int64_t kMaxStepsPerSecond = 20'000;

class LimitChecks {
 public:
  // `cluster` outlives the checks.
  explicit LimitChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, MonoTime now, const raft::Event& event);
  void OnWrite(const NodeRecord& node, MonoTime now, const raft::LogWrite& write);
  // Called when the node reads the disk for a peer.
  void OnPeerRead(const NodeRecord& node, MonoTime now);
  void OnStep(const NodeRecord& node, MonoTime now);
  // Called when the process was paused for `paused` until now.
  void OnResumed(const NodeRecord& node, MonoTime now, Duration paused);
  // Returns whether the node may end because of its disk: for `disk_exit_timeout` a write, or a
  // read for the users or a peer, was pending, and the node saw nothing finish.
  bool DiskHangs(const NodeRecord& node, MonoTime now) const;

 private:
  struct Process {
    // The first entry that this process wrote. Its bytes and those of later entries count as
    // uncommitted.
    LogIndex first_counted;
    // The last time at which each peer showed that it works as part of the quorum.
    std::map<raft::ReplicaKey, MonoTime> worked_at;
    // The time at which it began to lead, or the voters last changed.
    MonoTime looks_from;
    // The ids of its last issued and last finished write.
    raft::WriteId last_issued = 0;
    raft::WriteId last_finished = 0;
    int peer_reads = 0;
    bool IsOwed() const { return last_issued != last_finished || peer_reads > 0; }
    // Since when its users were waiting for a read, as of the last observation. Nullopt if they
    // were not.
    std::optional<MonoTime> reading_since;
    // The last time at which the disk finished something, or at which the process could not observe
    // it.
    MonoTime disk_silent_since;
    // The same for reads for the users only. Nullopt if none is pending.
    std::optional<MonoTime> ReadSilentSince() const;
    // Records that a write or a read for a peer begins.
    void DiskOwesMore(MonoTime now);
    int64_t second = 0;
    int64_t steps = 0;

    // Inputs of the current step.
    bool woken = false;
    // The sender of a message, and whether the message showed progress and not only that the sender
    // is alive.
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
