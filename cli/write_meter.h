// What a stream of writes says of a cluster: how many were acknowledged, how long they took, and
// the widest gap in which none was. Apart from check.h so that it can be tested without a cluster.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/clock.h"

namespace quorate::cli {

// Its memory does not grow with the number of writes.
class WriteMeter {
 public:
  // A write was sent and acknowledged at these times. REQUIRES: one at a time, in order.
  void Acknowledged(MonoTime sent, MonoTime acknowledged);

  int64_t count() const { return count_; }

  // The widest time between two consecutive acknowledgements; 0 before the second.
  Duration widest_gap() const { return widest_gap_; }

  // The latency below or at which a share of `p` (0 < p <= 1) of the writes were, by the nearest
  // rank, cut to three digits of its microseconds; 0 without writes.
  Duration Latency(double p) const;

 private:
  int64_t count_ = 0;
  Duration widest_gap_ = Duration::zero();
  std::optional<MonoTime> last_acknowledged_;
  // How many writes took so many microseconds, cut to three digits.
  std::map<int64_t, int64_t> latencies_us_;
};

}  // namespace quorate::cli
