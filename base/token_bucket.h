// Limits a rate but lets short bursts pass.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace quorate {

// Not thread-safe. Full at first.
class TokenBucket {
 public:
  struct Options {
    double tokens_per_second = 1;
    double capacity = 1;
  };

  explicit TokenBucket(Options options) : options_(options), tokens_(options.capacity) {}

  // Returns how long to wait until there is a token, or nullopt if there is any now.
  std::optional<Duration> WaitFor(MonoTime now) {
    Refill(now);
    if (tokens_ > 0) return std::nullopt;
    const std::chrono::duration<double> wait((1 - tokens_) / options_.tokens_per_second);
    return std::chrono::ceil<std::chrono::milliseconds>(wait);
  }

  // Takes `cost` tokens, even if that leaves a debt.
  void Spend(MonoTime now, double cost) {
    Refill(now);
    tokens_ -= cost;
  }

  // Takes `cost` tokens if there is any token, even if that leaves a debt, and returns nullopt.
  // Otherwise takes none and returns how long to wait.
  std::optional<Duration> Take(MonoTime now, double cost) {
    if (const auto wait = WaitFor(now)) return wait;
    Spend(now, cost);
    return std::nullopt;
  }

  bool IsFull(MonoTime now) {
    Refill(now);
    return tokens_ >= options_.capacity;
  }

 private:
  void Refill(MonoTime now) {
    if (last_) {
      const std::chrono::duration<double> elapsed = now - *last_;
      tokens_ = std::min(options_.capacity, tokens_ + elapsed.count() * options_.tokens_per_second);
    }
    last_ = now;
  }

  Options options_;
  double tokens_;
  std::optional<MonoTime> last_;
};

}  // namespace quorate
