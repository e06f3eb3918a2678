#include "tests/sim/node_clock.h"

namespace quorate::sim {
namespace {

constexpr int64_t kWallMsAtStart = 1'700'000'000'000;

}  // namespace

int64_t NodeClock::WallMs() const {
  return kWallMsAtStart + ToMs(scheduler_->now() - Scheduler::kStart) + wall_shift_ms_;
}

MonoTime NodeClock::TrueTimeOf(MonoTime local) const {
  if (local <= Now()) return scheduler_->now();
  const int64_t to_pass = (local - local_anchor_).count();
  // Divides first, because the product would overflow.
  const int64_t rate = 1'000'000 + ppm_;
  MonoTime time =
      true_anchor_ + Duration(to_pass / rate * 1'000'000 + to_pass % rate * 1'000'000 / rate);
  while (Convert(time) < local) time += Duration(1);
  return time;
}

void NodeClock::SetDriftPpm(int64_t ppm) {
  const MonoTime local = Now();
  true_anchor_ = scheduler_->now();
  local_anchor_ = local;
  ppm_ = ppm;
}

}  // namespace quorate::sim
