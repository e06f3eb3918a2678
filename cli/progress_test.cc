#include "cli/progress.h"

#include <gtest/gtest.h>

#include <chrono>

namespace quorate::cli {
namespace {

TEST(ProgressTest, ABarAndTheTimeThatIsLeft) {
  EXPECT_EQ(ProgressText({.total = 10,
                          .done = 3,
                          .done_before = 1,
                          .moving = 2,
                          .elapsed = std::chrono::seconds(10)}),
            "[######              ]  30 %, 3 of 10 partitions, 2 moving, about 35.0 s left");
}

TEST(ProgressTest, WithoutProgressNothingIsEstimated) {
  EXPECT_EQ(ProgressText({.total = 10, .done = 1, .done_before = 1, .moving = 2}),
            "[##                  ]  10 %, 1 of 10 partitions, 2 moving");
  EXPECT_EQ(ProgressText({.total = 1, .done = 1}),
            "[####################] 100 %, 1 of 1 partition, 0 moving");
  EXPECT_EQ(ProgressText({}), "[####################] 100 %, 0 of 0 partitions, 0 moving");
}

}  // namespace
}  // namespace quorate::cli
