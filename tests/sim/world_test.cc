#include "tests/sim/world.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace quorate::sim {
namespace {

std::string TraceOf(uint64_t seed) {
  std::ostringstream trace;
  const RunResult result = World({.seed = seed, .trace = &trace}).Run();
  EXPECT_EQ(result.failure, std::nullopt) << "seed " << seed;
  return trace.str();
}

TEST(WorldTest, TheSameSeedGivesTheSameRunToTheByte) {
  for (const uint64_t seed : {1, 2, 3}) {
    const std::string trace = TraceOf(seed);
    EXPECT_EQ(trace, TraceOf(seed));
    EXPECT_NE(trace, TraceOf(seed + 100));
  }
}

TEST(WorldTest, TracingChangesNothing) {
  std::ostringstream trace;
  const RunResult traced = World({.seed = 7, .trace = &trace}).Run();
  const RunResult silent = World({.seed = 7}).Run();
  EXPECT_EQ(traced.tasks, silent.tasks);
  EXPECT_EQ(traced.length, silent.length);
  EXPECT_EQ(traced.answered, silent.answered);
}

// If little happened in a run, it would prove little, so this also counts what happened.
TEST(WorldTest, ClustersOfAllSizesWork) {
  for (const int voters : {1, 3, 5, 7}) {
    for (const int observers : {0, 2}) {
      size_t elections = 0;
      size_t answered = 0;
      size_t reads = 0;
      for (const uint64_t seed : {1, 2, 3, 4}) {
        const RunResult result =
            World({.seed = seed, .voters = voters, .observers = observers}).Run();
        EXPECT_EQ(result.failure, std::nullopt) << voters << " voters, seed " << seed;
        elections += result.elections;
        answered += result.answered;
        reads += result.reads;
      }
      EXPECT_GT(elections, 4);
      EXPECT_GT(answered, 20);
      EXPECT_GT(reads, 20);
    }
  }
}

}  // namespace
}  // namespace quorate::sim
