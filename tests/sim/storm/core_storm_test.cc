// Without mutants, the core violates no invariant and recovers after faults.
#include "tests/sim/storm/core_storm.h"

#include <gtest/gtest.h>

namespace quorate::sim {
namespace {

TEST(CoreStormTest, PassesUnharmed) {
  int64_t committed = 0;
  size_t elections = 0;
  size_t installs = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CoreStorm storm(seed);
    EXPECT_EQ(storm.Run(), std::nullopt) << "seed " << seed;
    committed += storm.cluster().committed_index().value();
    elections += storm.cluster().elections();
    installs += storm.cluster().installs();
  }
  // If little had happened in these runs, they would prove little.
  EXPECT_GT(committed, 3'000);
  EXPECT_GT(elections, 300u);
  EXPECT_GT(installs, 100u);
}

}  // namespace
}  // namespace quorate::sim
