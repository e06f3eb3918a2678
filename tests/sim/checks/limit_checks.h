// What one node must keep within: windows and sums (invariant 10), timers and work (invariant 13),
// when a leader must give up, and when a process may for its disk (invariant 2).
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
  void OnWrite(const NodeRecord& node, MonoTime now, const raft::LogWrite& write);
  // It reads the disk for a peer.
  void OnPeerRead(const NodeRecord& node, MonoTime now);
  void OnStep(const NodeRecord& node, MonoTime now);
  // The process was paused for so long, until now.
  void OnResumed(const NodeRecord& node, MonoTime now, Duration paused);
  // Whether the node may end for its disk: for `disk_exit_timeout` that has owed it a write, or a
  // read for the users or a peer, and has finished nothing before its eyes.
  bool DiskHangs(const NodeRecord& node, MonoTime now) const;

 private:
  struct Process {
    // The first entry whose bytes count as uncommitted: the first that this process wrote.
    LogIndex first_counted;
    // When each peer last showed that it works as part of the quorum.
    std::map<raft::ReplicaKey, MonoTime> worked_at;
    // When it began to lead, or the voters last changed.
    MonoTime looks_from;
    // Of its writes.
    raft::WriteId last_issued = 0;
    raft::WriteId last_finished = 0;
    int peer_reads = 0;
    bool IsOwed() const { return last_issued != last_finished || peer_reads > 0; }
    // Since when its users wait for a read, when last seen; nothing: they did not.
    std::optional<MonoTime> reading_since;
    // The disk has finished nothing since, or the process could not see it.
    MonoTime disk_silent_since;
    // The same of a read for the users alone; nothing: none is owed.
    std::optional<MonoTime> ReadSilentSince() const;
    // A write or a peer's read begins.
    void DiskOwesMore(MonoTime now);
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
