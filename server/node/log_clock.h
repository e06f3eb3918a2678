// Compares the time of the log with the clock of this machine. The append time of entries never
// decreases. So if the clock of one active controller jumps ahead, all later entries keep that time
// until the clocks have caught up, also entries of other controllers.
//
// Example: at 10:00 the clock of the active controller jumps to 11:00, and it appends an entry.
// Until 11:00, every later entry has the time 11:00.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "server/node/log_listeners.h"

namespace quorate::server {

// Logs a warning, at most every ten minutes, while this machine's clock is behind the log. Called
// on the raft loop, except BehindMs.
class LogClock final : public LogWatcher {
 public:
  // A difference up to this is normal and not reported.
  static constexpr int64_t kToleratedMs = 5'000;

  // `clock` must outlive the object.
  explicit LogClock(const Clock* clock) : clock_(clock) {}

  // Returns by how many milliseconds this machine's clock is behind the time of the last committed
  // entry, or 0 if it is not behind. Thread-safe.
  int64_t BehindMs() const;

  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;

 private:
  void Follow(int64_t append_time_ms);

  const Clock* const clock_;
  std::atomic<int64_t> last_append_time_ms_{0};
  // Used only on the raft loop.
  MonoTime warn_again_at_ = MonoTime::min();
};

}  // namespace quorate::server
