#include "base/budget.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

namespace quorate {
namespace {

TEST(BudgetTest, CountIsBounded) {
  Budget budget({.max_count = 2, .max_bytes = 100});
  Budget::Hold one = budget.TryTake(0);
  Budget::Hold two = budget.TryTake(0);
  EXPECT_TRUE(one);
  EXPECT_TRUE(two);
  EXPECT_FALSE(budget.TryTake(0));
  one.Release();
  EXPECT_FALSE(one);
  EXPECT_TRUE(budget.TryTake(0));
}

TEST(BudgetTest, BytesAreBounded) {
  Budget budget({.max_count = 10, .max_bytes = 100});
  Budget::Hold most = budget.TryTake(99);
  EXPECT_FALSE(budget.TryTake(2));
  EXPECT_TRUE(budget.TryTake(1));
  EXPECT_FALSE(budget.TryTake(std::numeric_limits<size_t>::max()));
}

TEST(BudgetTest, RefusalsAreCounted) {
  Budget budget({.max_count = 1, .max_bytes = 100});
  Budget::Hold hold = budget.TryTake(60);
  EXPECT_EQ(budget.refused(), 0U);
  EXPECT_FALSE(budget.TryTake(1));
  EXPECT_FALSE(hold.TryResize(101));
  EXPECT_TRUE(hold.TryResize(100));
  EXPECT_EQ(budget.refused(), 2U);
}

TEST(BudgetTest, AHoldGivesBackOnce) {
  Budget budget({.max_count = 10, .max_bytes = 100});
  {
    Budget::Hold first = budget.TryTake(40);
    Budget::Hold second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what a move leaves
    EXPECT_EQ(second.bytes(), 40U);
    Budget::Hold third = budget.TryTake(30);
    third = std::move(second);
    EXPECT_EQ(budget.count(), 1U);
    EXPECT_EQ(budget.bytes(), 40U);
  }
  EXPECT_EQ(budget.count(), 0U);
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(BudgetTest, AHoldGrowsOnlyWhereThereIsRoom) {
  Budget budget({.max_count = 10, .max_bytes = 100});
  Budget::Hold other = budget.TryTake(50);
  Budget::Hold hold = budget.TryTake(10);
  EXPECT_FALSE(hold.TryResize(51));
  EXPECT_EQ(hold.bytes(), 10U);
  EXPECT_TRUE(hold.TryResize(50));
  EXPECT_TRUE(hold.TryResize(5));
  EXPECT_EQ(budget.bytes(), 55U);
}

TEST(BudgetTest, WhatCannotBeRefusedMayExceedIt) {
  Budget budget({.max_count = 10, .max_bytes = 100});
  Budget::Hold hold = budget.TryTake(10);
  hold.Resize(150);
  EXPECT_EQ(budget.bytes(), 150U);
  EXPECT_FALSE(budget.TryTake(0));
  EXPECT_TRUE(hold.TryResize(120));  // a decrease always succeeds
  hold.Release();
  EXPECT_TRUE(budget.TryTake(100));
}

}  // namespace
}  // namespace quorate
