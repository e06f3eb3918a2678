#include "server/node/log_clock.h"

#include <algorithm>

#include "base/check.h"

namespace quorate::server {
namespace {

constexpr Duration kWarnPause = std::chrono::minutes(10);

}  // namespace

int64_t LogClock::BehindMs() const {
  return std::max<int64_t>(0, last_append_time_ms_ - clock_->WallMs());
}

void LogClock::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  Follow(snapshot.last_append_time_ms);
}

void LogClock::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  if (!entries.empty()) Follow(entries.back()->header().append_time_ms);
}

void LogClock::Follow(int64_t append_time_ms) {
  last_append_time_ms_ = append_time_ms;
  const int64_t behind_ms = BehindMs();
  if (behind_ms <= kToleratedMs || clock_->Now() < warn_again_at_) return;
  warn_again_at_ = clock_->Now() + kWarnPause;
  LOG(WARNING) << "this machine's clock is " << behind_ms << " ms behind the time of the last "
               << "entry: either it is slow, or the clock of an earlier active controller was "
               << "ahead. Until it catches up, every new entry has that time. Check the clocks";
}

}  // namespace quorate::server
