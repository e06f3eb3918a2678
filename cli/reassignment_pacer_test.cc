#include "cli/reassignment_pacer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ReassignmentPacerTest, NoBrokerHasMoreMovesThanAllowed) {
  ReassignmentPacer pacer(2);
  for (size_t entry = 0; entry < 4; ++entry) pacer.Add(entry, {1, 2});
  pacer.Add(4, {3, 4});
  pacer.Add(5, {2, 3});
  EXPECT_THAT(pacer.Next({}, 100), ElementsAre(0, 1, 4));
  EXPECT_EQ(pacer.waiting(), 3u);
  EXPECT_THAT(pacer.Next({{1, 2}, {2, 2}, {3, 1}, {4, 1}}, 100), IsEmpty());
  // One of the moves has ended.
  EXPECT_THAT(pacer.Next({{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 100), ElementsAre(2));
  EXPECT_THAT(pacer.Next({}, 100), ElementsAre(3, 5));
  EXPECT_EQ(pacer.waiting(), 0u);
}

TEST(ReassignmentPacerTest, MovesOfOthersCount) {
  ReassignmentPacer pacer(1);
  pacer.Add(0, {1, 2});
  EXPECT_THAT(pacer.Next({{2, 5}}, 100), IsEmpty());
  EXPECT_THAT(pacer.Next({{3, 5}}, 100), ElementsAre(0));
}

TEST(ReassignmentPacerTest, WhatMovesNoReplicaBeginsAtOnce) {
  ReassignmentPacer pacer(1);
  pacer.Add(0, {});
  pacer.Add(1, {});
  EXPECT_THAT(pacer.Next({{1, 1}}, 100), ElementsAre(0, 1));
}

TEST(ReassignmentPacerTest, ABatchIsLimited) {
  ReassignmentPacer pacer(10);
  for (size_t entry = 0; entry < 5; ++entry) pacer.Add(entry, {1});
  EXPECT_THAT(pacer.Next({}, 2), ElementsAre(0, 1));
  EXPECT_THAT(pacer.Next({}, 2), ElementsAre(2, 3));
  EXPECT_THAT(pacer.Next({}, 2), ElementsAre(4));
}

}  // namespace
}  // namespace quorate::cli
