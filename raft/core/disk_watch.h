// Decides when the node's own disk counts as stalled. A disk that hangs gives no error: the node
// would stay leader, or keep its vote, without ever making another promise durable. It is separate
// from the core because its rules depend on time alone.
#pragma once

#include <optional>

#include "base/clock.h"
#include "raft/core/raft_options.h"

namespace quorate::raft {

// Tracks the work that the disk owes: reads for the users of the log and for peers, and the oldest
// write, which DurabilityGate knows. A stalled disk ends leadership and keeps the node from
// standing for election. If it stays stalled for `disk_exit_timeout`, the node must end.
class DiskWatch {
 public:
  explicit DiskWatch(const RaftOptions& options);

  // Since when the users of the log have been waiting for a read; nullopt if they are not.
  void OnUserRead(std::optional<MonoTime> since);
  void OnPeerReadStarted(MonoTime now);
  // REQUIRES: a read for a peer was started and is not done.
  void OnPeerReadDone(MonoTime now);
  void OnWriteDone() { stalled_since_.reset(); }

  // Returns whether a write or a read has been under way for too long. `oldest_write` is when the
  // oldest unfinished write was issued.
  bool IsStalled(MonoTime now, std::optional<MonoTime> oldest_write) const;

  // Notes whether the disk is stalled now. Returns true once it has finished nothing for
  // `disk_exit_timeout` since that was noticed. The time starts over after a pause: a process that
  // was paused finds its disk stalled too, but the disk then answers. Call it at each wake, which
  // comes at least every `election_timeout_max`.
  bool HasFailed(MonoTime now, std::optional<MonoTime> oldest_write);

 private:
  const Duration write_timeout_;
  const Duration peer_read_timeout_;
  const Duration exit_timeout_;
  // No two calls of HasFailed are so far apart unless the process was paused.
  const Duration pause_;

  std::optional<MonoTime> user_read_since_;
  // Reads for peers that are under way, and since when none of them has finished.
  int peer_reads_ = 0;
  MonoTime peer_reads_since_;
  // When the disk was found stalled; nullopt if it was not, or has finished something since.
  std::optional<MonoTime> stalled_since_;
  MonoTime watched_at_;
};

}  // namespace quorate::raft
