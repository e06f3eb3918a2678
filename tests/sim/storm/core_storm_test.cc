// The core as it is keeps its promises, and recovers.
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
  // Runs in which little happened would prove little.
  EXPECT_GT(committed, 3'000);
  EXPECT_GT(elections, 300u);
  EXPECT_GT(installs, 100u);
}

}  // namespace
}  // namespace quorate::sim
