#include "cli/write_meter.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/check.h"

namespace quorate::cli {
namespace {

using std::chrono::microseconds;

int64_t CutToThreeDigits(int64_t us) {
  int64_t unit = 1;
  while (us / unit >= 1000) unit *= 10;
  return us / unit * unit;
}

}  // namespace

void WriteMeter::Acknowledged(MonoTime sent, MonoTime acknowledged) {
  CHECK(sent <= acknowledged);
  if (last_acknowledged_.has_value()) {
    CHECK(*last_acknowledged_ <= sent);
    widest_gap_ = std::max(widest_gap_, acknowledged - *last_acknowledged_);
  }
  last_acknowledged_ = acknowledged;
  ++count_;
  const auto latency = std::chrono::duration_cast<microseconds>(acknowledged - sent);
  ++latencies_us_[CutToThreeDigits(latency.count())];
}

Duration WriteMeter::Latency(double p) const {
  const auto rank = static_cast<int64_t>(std::ceil(p * static_cast<double>(count_)));
  int64_t passed = 0;
  for (const auto& [us, writes] : latencies_us_) {
    passed += writes;
    if (passed >= rank) return microseconds(us);
  }
  return Duration::zero();
}

}  // namespace quorate::cli
