// Statistics of a stream of writes: the number of acknowledged writes, their latency, and the
// longest time without an acknowledgement. Separate from check.h so that it can be tested without a
// cluster.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/clock.h"

namespace quorate::cli {

// Collects the statistics. Its memory use does not grow with the number of writes. Not thread-safe.
class WriteMeter {
 public:
  // Records a write that was sent and acknowledged at these times. REQUIRES: writes do not overlap
  // and are recorded in order.
  void Acknowledged(MonoTime sent, MonoTime acknowledged);

  int64_t count() const { return count_; }

  // Returns the longest time between two consecutive acknowledgements, or 0 before the second one.
  Duration widest_gap() const { return widest_gap_; }

  // Returns the p-quantile of the latencies (0 < p <= 1) by the nearest-rank method, truncated to
  // three significant digits of microseconds. Returns 0 if there are no writes.
  Duration Latency(double p) const;

 private:
  int64_t count_ = 0;
  Duration widest_gap_ = Duration::zero();
  std::optional<MonoTime> last_acknowledged_;
  // The number of writes by latency in microseconds, truncated to three digits.
  std::map<int64_t, int64_t> latencies_us_;
};

}  // namespace quorate::cli
