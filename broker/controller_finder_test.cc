#include "broker/controller_finder.h"

#include "gtest/gtest.h"

namespace quorate::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

common::v1::Error NotController(const std::string& leader) {
  common::v1::Error error;
  error.set_code(common::v1::NOT_CONTROLLER);
  if (!leader.empty()) error.mutable_leader()->set_client_endpoint(leader);
  return error;
}

class ControllerFinderTest : public testing::Test {
 protected:
  Rng rng_{1};
  ControllerFinder finder_{{"a", "b", "c"}, 4, &rng_};
};

TEST_F(ControllerFinderTest, BrokersBeginAtDifferentControllers) {
  EXPECT_EQ(finder_.current(), "b");
  EXPECT_EQ(ControllerFinder({"a", "b", "c"}, 5, &rng_).current(), "c");
}

TEST_F(ControllerFinderTest, TriesEachOnceWithoutPausingThenPauses) {
  EXPECT_EQ(finder_.OnFailure(), Duration(0));
  EXPECT_EQ(finder_.current(), "c");
  EXPECT_EQ(finder_.OnFailure(), Duration(0));
  EXPECT_EQ(finder_.current(), "a");
  const Duration pause = finder_.OnFailure();
  EXPECT_GE(pause, milliseconds(10));
  EXPECT_LE(pause, milliseconds(20));
  EXPECT_EQ(finder_.current(), "b");
}

TEST_F(ControllerFinderTest, PausesGrowToASecondAndBeginAnewAfterASuccess) {
  Duration longest(0);
  for (int i = 0; i < 60; ++i) longest = std::max(longest, finder_.OnFailure());
  EXPECT_GE(longest, milliseconds(500));
  EXPECT_LE(longest, seconds(1));
  finder_.OnSuccess();
  finder_.OnFailure();
  finder_.OnFailure();
  EXPECT_LE(finder_.OnFailure(), milliseconds(20));
}

TEST_F(ControllerFinderTest, FollowsTheNamedControllerAtOnce) {
  EXPECT_EQ(finder_.OnError(NotController("elsewhere")), Duration(0));
  EXPECT_EQ(finder_.current(), "elsewhere");
}

TEST_F(ControllerFinderTest, DoesNotGoBackToADeadControllerWithinARound) {
  // b was the active controller and is dead. c and a do not know that yet.
  finder_.OnFailure();
  ASSERT_EQ(finder_.current(), "c");
  EXPECT_EQ(finder_.OnError(NotController("b")), Duration(0));
  EXPECT_EQ(finder_.current(), "a");
  EXPECT_GT(finder_.OnError(NotController("b")), Duration(0));
}

TEST_F(ControllerFinderTest, WithoutANameOrWithAnotherErrorTheNextInTheListIsTried) {
  EXPECT_EQ(finder_.OnError(NotController("")), Duration(0));
  EXPECT_EQ(finder_.current(), "c");
  common::v1::Error error = NotController("elsewhere");
  error.set_code(common::v1::RESOURCE_EXHAUSTED);
  EXPECT_EQ(finder_.OnError(error), Duration(0));
  EXPECT_EQ(finder_.current(), "a");
}

TEST_F(ControllerFinderTest, ReturnsToTheListFromANamedController) {
  finder_.OnError(NotController("elsewhere"));
  finder_.OnSuccess();
  EXPECT_EQ(finder_.OnFailure(), Duration(0));
  EXPECT_EQ(finder_.current(), "c");
}

}  // namespace
}  // namespace quorate::broker
