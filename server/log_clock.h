// The time of the log beside the time of this machine. An entry's time never runs backwards, so one
// active controller whose clock jumped ahead dates everything after it, for everybody.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "server/log_listeners.h"

namespace quorate::server {

// Warns in the log, at most once in ten minutes, while this machine's clock is behind the log.
class LogClock final : public LogWatcher {
 public:
  // What clocks may differ by without a word.
  static constexpr int64_t kToleratedMs = 5'000;

  // `clock` outlives it.
  explicit LogClock(const Clock* clock) : clock_(clock) {}

  // How far this machine's clock is behind the time of the last committed entry; 0: it is not.
  // Any thread.
  int64_t BehindMs() const;

  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;

 private:
  void Follow(int64_t append_time_ms);

  const Clock* const clock_;
  std::atomic<int64_t> last_append_time_ms_{0};
  // The raft loop's.
  MonoTime warn_again_at_ = MonoTime::min();
};

}  // namespace quorate::server
