#include "controller/request_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "controller/testing/controller_fixture.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class RequestPipelineTest : public ControllerFixture {};

TEST_F(RequestPipelineTest, AnAnswerWaitsUntilItsEntryIsCommitted) {
  HoldCommits();
  const auto created = cluster_.Create("orders");
  EXPECT_FALSE(created.done());
  cluster_.Commit();
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.value().end_offset(), cluster_.active().applied_offset().value());
  EXPECT_NE(created.value().results(0).topic_id(), "");
}

TEST_F(RequestPipelineTest, AnErrorWaitsForWhatCausedIt) {
  HoldCommits();
  const auto first = cluster_.Create("orders");
  const auto second = cluster_.Create("orders");
  EXPECT_FALSE(second.done());
  cluster_.Commit();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value().results(0).error().code(), common::v1::TOPIC_ALREADY_EXISTS);
  EXPECT_EQ(second.value().end_offset(), first.value().end_offset());
}

TEST_F(RequestPipelineTest, DecisionsArePipelinedAndAnsweredInOrder) {
  HoldCommits();
  const auto a = cluster_.Create("a");
  const auto b = cluster_.Create("b");
  EXPECT_EQ(cluster_.quorum().uncommitted_count(), 2u);
  cluster_.Commit(1);
  EXPECT_TRUE(a.done());
  EXPECT_FALSE(b.done());
  cluster_.Commit();
  EXPECT_TRUE(b.ok());
}

TEST_F(RequestPipelineTest, LosingLeadershipLeavesUnknownWhatWasAppended) {
  HoldCommits();
  const auto appended = cluster_.Create("a");
  const auto refused = cluster_.Create("a");  // TOPIC_ALREADY_EXISTS, from the uncommitted image
  cluster_.Elect(2);
  EXPECT_EQ(appended.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(appended.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(refused.error().outcome(), common::v1::REFUSED);
  EXPECT_FALSE(cluster_.controller(1).is_active());
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("a"), nullptr);
}

TEST_F(RequestPipelineTest, WhatAnotherLeaderCommitsOfOursIsReplayed) {
  HoldCommits();
  cluster_.Create("kept");
  cluster_.Create("lost");
  cluster_.Elect(2, /*kept=*/1);
  for (int id = 1; id <= 2; ++id) {
    EXPECT_NE(cluster_.ImageOf(id).FindTopicByName("kept"), nullptr);
    EXPECT_EQ(cluster_.ImageOf(id).FindTopicByName("lost"), nullptr);
  }
}

TEST_F(RequestPipelineTest, ADeadlineLeavesUnknownWhatWasAppended) {
  HoldCommits();
  const MonoTime deadline = cluster_.clock().Now() + seconds(1);
  const auto appended = cluster_.Create("a", deadline);
  const auto refused = cluster_.Create("a", deadline);
  cluster_.Advance(milliseconds(999));
  EXPECT_FALSE(appended.done());
  cluster_.Advance(milliseconds(1));
  EXPECT_EQ(appended.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(appended.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(refused.error().outcome(), common::v1::REFUSED);
  cluster_.Commit();  // the late answer is dropped
}

TEST_F(RequestPipelineTest, ADeadlineThatHasPassedIsNotDecided) {
  const auto late = cluster_.Create("a", cluster_.clock().Now());
  EXPECT_EQ(late.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(late.error().outcome(), common::v1::REFUSED);
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("a"), nullptr);
}

TEST_F(RequestPipelineTest, AFullLogRefusesWithAHint) {
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  const auto full = cluster_.Create("a");
  EXPECT_EQ(full.error().code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_GT(full.error().retry_after_ms(), 0);
  cluster_.quorum().SetAdmission(raft::Admission::kDiskFull);
  EXPECT_THAT(cluster_.Create("a").error().message(), HasSubstr("disk"));
  EXPECT_EQ(cluster_.active().admission_metrics().log_full.value(), 1u);
  EXPECT_EQ(cluster_.active().admission_metrics().disk_full.value(), 1u);
  // Heartbeats are still answered.
  EXPECT_TRUE(cluster_.Heartbeat(1).ok());
}

TEST_F(RequestPipelineTest, ATransferParksRequestsAndAFailedOneDecidesThem) {
  cluster_.quorum().Pause();
  const auto parked = cluster_.Create("a");
  EXPECT_TRUE(cluster_.quorum().pause_confirmed());
  EXPECT_FALSE(parked.done());
  EXPECT_TRUE(cluster_.Heartbeat(1).ok());
  cluster_.quorum().Resume();
  cluster_.Run();
  EXPECT_TRUE(parked.ok());
}

TEST_F(RequestPipelineTest, ATransferThatSucceedsRefusesWhatWasParked) {
  cluster_.quorum().Pause();
  const auto parked = cluster_.Create("a");
  cluster_.Elect(2);
  EXPECT_EQ(parked.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(parked.error().outcome(), common::v1::REFUSED);
}

TEST_F(RequestPipelineTest, AFrozenLogParksUntilItThaws) {
  cluster_.quorum().SetAdmission(raft::Admission::kFrozen);
  const auto parked = cluster_.Create("a");
  EXPECT_FALSE(parked.done());
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  cluster_.Advance(milliseconds(100));
  EXPECT_TRUE(parked.ok());
}

// Parked requests are decided in several tasks. A second pause may end before the last of them.
TEST_F(RequestPipelineTest, ASecondReleaseOfParkedRequestsOvertakesTheFirst) {
  cluster_.quorum().Pause();
  const auto first = cluster_.Create("first");
  std::vector<Pending<admin::v1::CreateTopicsResponse>> others;
  for (int i = 0; i < 20; ++i) others.push_back(cluster_.Create("other-" + std::to_string(i)));
  cluster_.quorum().Resume();
  while (!first.done()) ASSERT_TRUE(cluster_.RunOne());
  ASSERT_FALSE(others.back().done());
  cluster_.quorum().Pause();
  cluster_.quorum().Resume();
  int tasks = 0;
  while (cluster_.RunOne()) ASSERT_LT(++tasks, 1'000) << "the tasks do not end";
  EXPECT_TRUE(others.back().ok());
}

TEST_F(RequestPipelineTest, AParkedRequestKeepsItsDeadline) {
  cluster_.quorum().Pause();
  const auto parked = cluster_.Create("a", cluster_.clock().Now() + seconds(1));
  cluster_.Advance(seconds(1));
  EXPECT_EQ(parked.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(parked.error().outcome(), common::v1::REFUSED);
}

}  // namespace
}  // namespace quorate::controller
