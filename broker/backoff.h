// Growing pauses between attempts. Each pause is twice the last one, up to a bound. Jitter keeps
// brokers that lost the same controller from retrying at the same time.
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

  // Returns the next pause: a random duration between half and all of its nominal length.
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
