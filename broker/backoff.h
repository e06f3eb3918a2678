// Growing pauses between attempts: doubled up to a bound, with jitter so that brokers that lost the
// same controller do not come back in step.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"

namespace quorate::broker {

class Backoff {
 public:
  // `rng` must outlive the backoff. REQUIRES: 0 < first <= max.
  Backoff(Duration first, Duration max, Rng* rng)
      : first_(first), max_(max), next_(first), rng_(rng) {}

  // The next pause: between half and all of its nominal length.
  Duration Next() {
    const Duration nominal = next_;
    next_ = std::min(2 * next_, max_);
    const auto half = static_cast<uint64_t>(nominal.count() / 2);
    return nominal - Duration(static_cast<int64_t>(rng_->Below(half + 1)));
  }

  void Reset() { next_ = first_; }

 private:
  const Duration first_;
  const Duration max_;
  Duration next_;
  Rng* const rng_;
};

}  // namespace quorate::broker
