// Instruments that count events while a process runs, for its metrics (docs/metrics.md).
// A part of the process owns its instruments and updates them where the events happen. The code
// that collects the metrics reads them at any time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace quorate {

// A count that only grows. Any thread may call its functions; none blocks.
class Counter {
 public:
  void Add(uint64_t count = 1) { count_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> count_{0};
};

// The distribution of observed values over fixed buckets. Any thread may call its functions; none
// blocks. A reader may see an observation in one of the numbers and not yet in the other.
class Histogram {
 public:
  // The number of buckets. The last one has no upper bound.
  static constexpr size_t kBuckets = 17;
  using Bounds = std::array<double, kBuckets - 1>;

  // Durations in seconds: 0.1 ms to 10 s.
  static constexpr Bounds kSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  // Counts: 1 to 32,768.
  static constexpr Bounds kCounts = {1,   2,   4,    8,    16,   32,   64,    128,
                                     256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

  // `bounds` are the upper bounds of the buckets, inclusive and ascending. They must outlive the
  // histogram.
  explicit constexpr Histogram(const Bounds& bounds) : bounds_(bounds) {}

  void Observe(double value) {
    size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // Observes a duration in seconds.
  void Observe(Duration duration) { Observe(std::chrono::duration<double>(duration).count()); }

  const Bounds& bounds() const { return bounds_; }
  // Returns how many values each bucket received.
  std::array<uint64_t, kBuckets> counts() const {
    std::array<uint64_t, kBuckets> counts;
    for (size_t i = 0; i < kBuckets; ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
    return counts;
  }
  // Returns the sum of all values.
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const Bounds& bounds_;
  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
  std::atomic<double> sum_{0};
};

}  // namespace quorate
