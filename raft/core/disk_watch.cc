#include "raft/core/disk_watch.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::raft {

DiskWatch::DiskWatch(const RaftOptions& options)
    : write_timeout_(options.check_quorum_timeout),
      peer_read_timeout_(options.peer_read_timeout),
      exit_timeout_(options.disk_exit_timeout),
      pause_(2 * options.election_timeout_max) {}

void DiskWatch::OnUserRead(std::optional<MonoTime> since) {
  // The read that was reported last has finished, whether or not another one is late now.
  if (user_read_since_ && user_read_since_ != since) stalled_since_.reset();
  user_read_since_ = since;
}

void DiskWatch::OnPeerReadStarted(MonoTime now) {
  if (peer_reads_++ == 0) peer_reads_since_ = now;
}

void DiskWatch::OnPeerReadDone(MonoTime now) {
  CHECK_GT(peer_reads_--, 0);
  peer_reads_since_ = now;
  stalled_since_.reset();
}

bool DiskWatch::IsStalled(MonoTime now, std::optional<MonoTime> oldest_write) const {
  const MonoTime oldest =
      std::min(oldest_write.value_or(kNever), user_read_since_.value_or(kNever));
  return oldest <= now - write_timeout_ ||
         (peer_reads_ > 0 && peer_reads_since_ <= now - peer_read_timeout_);
}

bool DiskWatch::HasFailed(MonoTime now, std::optional<MonoTime> oldest_write) {
  const bool was_paused = now - std::exchange(watched_at_, now) > pause_;
  if (!IsStalled(now, oldest_write)) {
    stalled_since_.reset();
    return false;
  }
  if (!stalled_since_ || was_paused) stalled_since_ = now;
  return now - *stalled_since_ >= exit_timeout_;
}

}  // namespace quorate::raft
