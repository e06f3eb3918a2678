// Limits a rate but lets short bursts pass.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace quorate::controller {

// Not thread-safe. Full at first.
class TokenBucket {
 public:
  struct Options {
    double tokens_per_second = 1;
    double capacity = 1;
  };

  explicit TokenBucket(Options options) : options_(options), tokens_(options.capacity) {}

  // Takes `cost` tokens if there is any token, even if that leaves a debt, and returns nullopt.
  // Otherwise takes none and returns how long to wait.
  std::optional<Duration> Take(MonoTime now, double cost) {
    if (last_) {
      const std::chrono::duration<double> elapsed = now - *last_;
      tokens_ = std::min(options_.capacity, tokens_ + elapsed.count() * options_.tokens_per_second);
    }
    last_ = now;
    if (tokens_ > 0) {
      tokens_ -= cost;
      return std::nullopt;
    }
    const std::chrono::duration<double> wait((1 - tokens_) / options_.tokens_per_second);
    return std::chrono::ceil<std::chrono::milliseconds>(wait);
  }

 private:
  const Options options_;
  double tokens_;
  std::optional<MonoTime> last_;
};

}  // namespace quorate::controller
