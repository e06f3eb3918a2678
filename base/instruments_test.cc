#include "base/instruments.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

namespace quorate {
namespace {

TEST(CounterTest, CountsFromSeveralThreads) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&counter] {
      for (int k = 0; k < 10'000; ++k) counter.Add();
      counter.Add(5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'020u);
}

TEST(HistogramTest, ABoundBelongsToTheBucketBelowIt) {
  Histogram histogram(Histogram::kCounts);
  histogram.Observe(1.0);
  histogram.Observe(1.5);
  histogram.Observe(2.0);
  histogram.Observe(-3.0);
  EXPECT_EQ(histogram.counts()[0], 2u);
  EXPECT_EQ(histogram.counts()[1], 2u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 1.5);
}

TEST(HistogramTest, TheLastBucketHasNoBound) {
  Histogram histogram(Histogram::kSeconds);
  histogram.Observe(std::chrono::seconds(10));
  histogram.Observe(std::chrono::hours(1));
  EXPECT_EQ(histogram.counts()[Histogram::kBuckets - 2], 1u);
  EXPECT_EQ(histogram.counts()[Histogram::kBuckets - 1], 1u);
}

TEST(HistogramTest, ObservesDurationsInSeconds) {
  Histogram histogram(Histogram::kSeconds);
  histogram.Observe(std::chrono::microseconds(300));
  EXPECT_EQ(histogram.counts()[2], 1u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 0.0003);
}

TEST(HistogramTest, CountsFromSeveralThreads) {
  Histogram histogram(Histogram::kSeconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&histogram] {
      for (int k = 0; k < 10'000; ++k) histogram.Observe(0.25);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto counts = histogram.counts();
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), uint64_t{0}), 40'000u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 10'000.0);
}

}  // namespace
}  // namespace quorate
