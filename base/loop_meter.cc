#include "base/loop_meter.h"

#include <algorithm>

#include "base/check.h"

namespace quorate {

std::optional<MonoTime> LoopMeter::busy_since() const {
  const int64_t since = since_.load(std::memory_order_relaxed);
  if (since == kIdle) return std::nullopt;
  return MonoTime(Duration(since));
}

void LoopMeter::Record(Duration took, MonoTime now) {
  longest_.store(std::max(longest(), took).count(), std::memory_order_relaxed);
  if (took <= kTaskLimit) return;
  over_limit_.fetch_add(1, std::memory_order_relaxed);
  if (took <= kWarnAfter || now < warn_again_at_) return;
  warn_again_at_ = now + kWarnPause;
  LOG(WARNING) << "the loop \"" << name_ << "\" stood still for " << ToMs(took)
               << " ms while one task ran; " << over_limit() << " tasks so far ran longer than "
               << ToMs(kTaskLimit) << " ms";
}

}  // namespace quorate
