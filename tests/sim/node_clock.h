// The clocks of one simulated machine, which have their own rate and jump.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

class NodeClock final : public Clock {
 public:
  // `scheduler` provides the true time and outlives the clock.
  explicit NodeClock(const Scheduler* scheduler) : scheduler_(scheduler) {}

  MonoTime Now() const override { return Convert(scheduler_->now()); }
  int64_t WallMs() const override;

  // Returns the earliest true time at which Now() is at least `local`.
  MonoTime TrueTimeOf(MonoTime local) const;

  // From now on the monotonic clock gains `ppm` microseconds each second (or loses them).
  // REQUIRES: |ppm| < 1,000,000.
  void SetDriftPpm(int64_t ppm);
  // Lets the monotonic clock leap ahead, like after the migration of a virtual machine. REQUIRES:
  // `by` >= 0.
  void LeapAhead(Duration by) { local_anchor_ += by; }
  // Sets the wall clock forwards or back.
  void ShiftWall(int64_t by_ms) { wall_shift_ms_ += by_ms; }

 private:
  // REQUIRES: `true_time` is not before the anchor.
  MonoTime Convert(MonoTime true_time) const {
    const int64_t passed = (true_time - true_anchor_).count();
    return local_anchor_ + Duration(passed + passed * ppm_ / 1'000'000);
  }

  const Scheduler* const scheduler_;
  int64_t ppm_ = 0;
  // The time at which the current rate began, on both clocks.
  MonoTime true_anchor_ = Scheduler::kStart;
  MonoTime local_anchor_ = Scheduler::kStart;
  int64_t wall_shift_ms_ = 0;
};

}  // namespace quorate::sim
