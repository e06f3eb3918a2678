// Tests brokers on the whole loop: sessions, dials, fences and registrations together.
#include "controller/broker_watch.h"

#include <gtest/gtest.h>

#include <chrono>

#include "controller/testing/controller_fixture.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class BrokerWatchTest : public TopicFixture {
 protected:
  bool Fenced(int32_t id, int controller = 1) {
    return cluster_.ImageOf(controller).FindBroker(BrokerId(id))->fenced;
  }
  admin::v1::UnregisterBrokerResponse Unregister(
      const admin::v1::UnregisterBrokerRequest& request) {
    Pending<admin::v1::UnregisterBrokerResponse> pending;
    cluster_.active().Execute(kUnregisterBroker, request, {.principal = "tester"}, pending.reply());
    cluster_.Run();
    return pending.value();
  }
  std::string LastCause() { return cluster_.quorum().entries().back()->header().cause; }
};

TEST_F(BrokerWatchTest, AKilledBrokerIsFencedWithoutWaiting) {
  const size_t before = cluster_.quorum().entries().size();
  cluster_.KillBroker(1);
  EXPECT_TRUE(Fenced(1));
  EXPECT_EQ(cluster_.quorum().entries().size(), before + 1);  // one entry for all changes
  EXPECT_EQ(LastCause(),
            "fence broker 1: its connection broke and nothing listens at broker-1:9092");
  EXPECT_EQ(cluster_.ImageOf(2).FindTopicByName("t")->partition(0).leader(), BrokerId(2));
}

TEST_F(BrokerWatchTest, ABrokerThatStillAnswersWhenItsStreamBreaksIsDialledAgain) {
  const size_t before = cluster_.prober().dialled().size();
  cluster_.EndStream(1, StreamEnd::kBroken);
  cluster_.Advance(milliseconds(10));
  cluster_.EndStream(2, StreamEnd::kBroken);
  cluster_.prober().Refuse(ControllerCluster::EndpointOf(1));
  cluster_.Advance(milliseconds(9));
  EXPECT_FALSE(Fenced(1));
  cluster_.Advance(milliseconds(1));
  EXPECT_TRUE(Fenced(1));
  EXPECT_EQ(LastCause(),
            "fence broker 1: its connection broke and nothing listens at broker-1:9092");
  cluster_.Advance(seconds(2));
  EXPECT_FALSE(Fenced(2));
  EXPECT_EQ(cluster_.prober().dialled().size(), before + 3 + 5) << "three dials of 1, five of 2";
}

TEST_F(BrokerWatchTest, ABrokerThatVanishesIsFencedAfterTheGrace) {
  cluster_.prober().Swallow(ControllerCluster::EndpointOf(1));
  cluster_.EndStream(1, StreamEnd::kBroken);
  EXPECT_FALSE(Fenced(1));
  cluster_.Advance(seconds(1));
  EXPECT_TRUE(Fenced(1));
}

TEST_F(BrokerWatchTest, AStreamThatBreaksAndComesBackChangesNothing) {
  const size_t before = cluster_.quorum().entries().size();
  cluster_.EndStream(1, StreamEnd::kBroken);
  EXPECT_TRUE(cluster_.Heartbeat(1).ok());
  cluster_.Advance(seconds(2));
  EXPECT_EQ(cluster_.quorum().entries().size(), before);
}

TEST_F(BrokerWatchTest, SilenceIsFencedByTheTimerAlone) {
  cluster_.Advance(seconds(5));
  cluster_.Heartbeat(2);
  cluster_.Heartbeat(3);
  cluster_.Advance(seconds(4));
  EXPECT_TRUE(Fenced(1));
  EXPECT_FALSE(Fenced(2));
  EXPECT_EQ(LastCause(), "fence broker 1: it was silent for 9000 ms");
}

TEST_F(BrokerWatchTest, BrokersThatFallSilentTogetherLeaveInOneEntry) {
  // All brokers are silent, so this controller is more likely cut off until the hold ends.
  const size_t before = cluster_.quorum().entries().size();
  cluster_.Advance(milliseconds(64'499));
  EXPECT_EQ(cluster_.quorum().entries().size(), before);
  cluster_.Advance(milliseconds(1));
  EXPECT_EQ(cluster_.quorum().entries().size(), before + 1);
  EXPECT_EQ(LastCause(), "fence broker 1, 2, 3: their sessions are over");
}

TEST_F(BrokerWatchTest, TheLossOfMostEndsWithAHeartbeatAndTheOtherOneIsFencedThen) {
  cluster_.Advance(seconds(10));
  for (const int32_t id : {2, 3}) cluster_.Heartbeat(id);
  EXPECT_TRUE(Fenced(1));
  EXPECT_FALSE(Fenced(2));
}

TEST_F(BrokerWatchTest, ANewIncarnationOfADeadBrokerRegistersAtOnce) {
  cluster_.KillBroker(1);
  cluster_.StartBroker(1);
  EXPECT_TRUE(cluster_.Register(1).ok());
  EXPECT_FALSE(cluster_.Heartbeat(1).value().is_fenced());
}

TEST_F(BrokerWatchTest, ANewIncarnationAtTheSameEndpointProvesTheOldOneDead) {
  // The process was replaced before the controller saw its connection break.
  cluster_.EndStream(1, StreamEnd::kReconnecting);
  cluster_.StartBroker(1);
  ASSERT_TRUE(cluster_.Register(1).ok());
  EXPECT_TRUE(Fenced(1));
  EXPECT_EQ(LastCause(), "register broker 1");
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("t")->partition(0).leader(), BrokerId(2));
}

TEST_F(BrokerWatchTest, ASecondProcessUnderALiveIdIsRefused) {
  cluster_.StartBroker(1);  // takes the endpoint; the first one is still connected
  const auto refused = cluster_.Register(1);
  EXPECT_EQ(refused.error().code(), common::v1::DUPLICATE_BROKER_REGISTRATION);
  EXPECT_EQ(refused.error().retry_after_ms(), 9'000);
  cluster_.Advance(seconds(9));
  EXPECT_TRUE(cluster_.Register(1).ok());
}

TEST_F(BrokerWatchTest, TheSameIncarnationIsNotDialledAgain) {
  const size_t before = cluster_.prober().dialled().size();
  const int64_t epoch = cluster_.broker(1).epoch;
  EXPECT_EQ(cluster_.Register(1).value().broker_epoch(), epoch);
  EXPECT_EQ(cluster_.prober().dialled().size(), before);
}

TEST_F(BrokerWatchTest, ABrokerThatCannotBeDialledIsRegisteredUnverified) {
  cluster_.StartBroker(4, /*answers=*/false);
  EXPECT_FALSE(cluster_.Register(4).value().endpoint_verified());
  cluster_.Heartbeat(4);
  // Its broken stream alone proves nothing, and the endpoint is not dialled.
  const size_t before = cluster_.prober().dialled().size();
  cluster_.KillBroker(4);
  EXPECT_EQ(cluster_.prober().dialled().size(), before);
  EXPECT_FALSE(Fenced(4));
  cluster_.Advance(seconds(1));
  EXPECT_TRUE(Fenced(4));
}

TEST_F(BrokerWatchTest, ATakeOverGivesEveryBrokerAFreshSession) {
  cluster_.Advance(seconds(8));
  cluster_.Elect(2);
  cluster_.ForgetStreams();
  cluster_.Advance(milliseconds(500));
  for (const int32_t id : {2, 3}) EXPECT_TRUE(cluster_.Heartbeat(id).ok());
  cluster_.prober().Refuse(ControllerCluster::EndpointOf(1));  // died during the failover
  cluster_.Advance(milliseconds(499));
  EXPECT_FALSE(Fenced(1, 2));
  cluster_.Advance(milliseconds(1));
  EXPECT_TRUE(Fenced(1, 2));
  EXPECT_FALSE(Fenced(2, 2));
}

TEST_F(BrokerWatchTest, AFenceWaitsForRoomInTheLog) {
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  cluster_.KillBroker(1);
  EXPECT_FALSE(Fenced(1));
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  cluster_.Advance(milliseconds(100));
  EXPECT_TRUE(Fenced(1));
}

TEST_F(BrokerWatchTest, AFenceWaitsForATransferToFail) {
  cluster_.quorum().Pause();
  cluster_.Run();
  cluster_.KillBroker(1);
  cluster_.Advance(milliseconds(300));
  EXPECT_FALSE(Fenced(1));
  cluster_.quorum().Resume();
  cluster_.Run();
  EXPECT_TRUE(Fenced(1));
}

TEST_F(BrokerWatchTest, APausedControllerAnswersHeartbeatsAndHearsStreamsEnd) {
  cluster_.quorum().Pause();
  cluster_.Run();
  EXPECT_TRUE(cluster_.Heartbeat(1).ok());
  cluster_.KillBroker(1);
  EXPECT_FALSE(Fenced(1));
  cluster_.quorum().Resume();
  cluster_.Run();
  EXPECT_TRUE(Fenced(1));
}

TEST_F(BrokerWatchTest, ALoopThatStoodStillFencesNobodyForIt) {
  cluster_.clock().Advance(seconds(20));  // without running any timer
  cluster_.Run();
  EXPECT_FALSE(Fenced(1));
  for (int32_t id = 2; id <= 3; ++id) cluster_.Heartbeat(id);
  cluster_.Advance(seconds(1));
  EXPECT_TRUE(Fenced(1));
  EXPECT_FALSE(Fenced(2));
}

TEST_F(BrokerWatchTest, ControlledShutdownIsGrantedWhenTheOthersHaveReplayedTheMove) {
  const auto asked = cluster_.Heartbeat(1, /*want_shutdown=*/true);
  EXPECT_FALSE(asked.value().should_shut_down());
  cluster_.Advance(seconds(1));
  const int64_t moved = cluster_.active().applied_offset().value();
  cluster_.Heartbeat(2, false, moved);
  cluster_.Heartbeat(3, false, moved - 1);
  EXPECT_FALSE(cluster_.Heartbeat(1, true).value().should_shut_down());
  cluster_.Heartbeat(3, false, moved);
  EXPECT_TRUE(cluster_.Heartbeat(1, true).value().should_shut_down());
  EXPECT_TRUE(Fenced(1));
}

TEST_F(BrokerWatchTest, BrokersThatStopOneAfterTheOtherLeaveTogether) {
  const size_t before = cluster_.quorum().entries().size();
  for (int32_t id = 1; id <= 3; ++id) {
    cluster_.Heartbeat(id, /*want_shutdown=*/true);
    if (id < 3) cluster_.Advance(milliseconds(300));
  }
  // All brokers stop, so the controller does not wait for the grace.
  EXPECT_EQ(cluster_.quorum().entries().size(), before + 1);
  EXPECT_EQ(LastCause(), "controlled shutdown of broker 1, 2, 3");
  for (int32_t id = 1; id <= 3; ++id) {
    EXPECT_TRUE(cluster_.Heartbeat(id, true).value().should_shut_down());
    cluster_.EndStream(id, StreamEnd::kStopping);
  }
  // The last broker never returns.
  for (int32_t id = 1; id <= 2; ++id) cluster_.BringUp(id);
  const auto image = cluster_.ImageOf(1);
  const auto topic = image.FindTopicByName("t");
  for (int32_t i = 0; i < topic->partition_count(); ++i) {
    EXPECT_TRUE(topic->partition(i).leader().has_value()) << i;
  }
}

TEST_F(BrokerWatchTest, ADeathTakesThoseThatWantToStopWithIt) {
  cluster_.Heartbeat(1, /*want_shutdown=*/true);
  const size_t before = cluster_.quorum().entries().size();
  cluster_.KillBroker(2);
  EXPECT_EQ(cluster_.quorum().entries().size(), before + 1);
  EXPECT_EQ(LastCause(),
            "fence broker 2: its connection broke and nothing listens at broker-2:9092; "
            "controlled shutdown of broker 1");
  // Only these two brokers hold partition 0.
  const auto partition = cluster_.ImageOf(1).FindTopicByName("t")->partition(0);
  EXPECT_FALSE(partition.leader().has_value());
  EXPECT_EQ(partition.isr_count(), 2u);
}

TEST_F(BrokerWatchTest, AControlledShutdownGoesOnUnderTheNextController) {
  cluster_.Heartbeat(1, /*want_shutdown=*/true);
  cluster_.Advance(seconds(1));
  ASSERT_TRUE(cluster_.ImageOf(1).FindBroker(BrokerId(1))->in_controlled_shutdown);
  cluster_.Elect(2);
  cluster_.ForgetStreams();
  EXPECT_FALSE(cluster_.Heartbeat(1, true).value().should_shut_down());
  cluster_.Heartbeat(2);
  cluster_.Heartbeat(3);
  EXPECT_TRUE(cluster_.Heartbeat(1, true).value().should_shut_down());
}

TEST_F(BrokerWatchTest, AnUnregisteredBrokerIsForgottenAndRegistersAgain) {
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(1);
  EXPECT_EQ(Unregister(request).error().code(), common::v1::INVALID_REQUEST) << "it is unfenced";
  request.set_force(true);
  const auto response = Unregister(request);
  EXPECT_FALSE(response.has_error()) << response.error().message();
  EXPECT_EQ(response.replica_count(), 2);
  EXPECT_EQ(response.end_offset(), cluster_.ImageOf(1).end_offset().value());
  EXPECT_EQ(cluster_.ImageOf(1).FindBroker(BrokerId(1)), nullptr);
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("t")->partition(0).leader(), BrokerId(2));

  EXPECT_EQ(cluster_.Heartbeat(1).error().code(), common::v1::BROKER_ID_NOT_REGISTERED);
  cluster_.EndStream(1, StreamEnd::kBroken);
  cluster_.Advance(milliseconds(500));
  ASSERT_TRUE(cluster_.Register(1).ok()) << "the same incarnation, with a new epoch";
  ASSERT_TRUE(cluster_.Heartbeat(1).ok());
  EXPECT_FALSE(Fenced(1));
}

TEST_F(BrokerWatchTest, BrokersThatAreIdleAndSilentAreDroppedInOneEntry) {
  for (const int32_t id : {4, 5, 6, 7}) {
    cluster_.StartBroker(id);
    ASSERT_TRUE(cluster_.Register(id).ok());
  }
  cluster_.KillBroker(2);  // fenced, but it holds replicas
  size_t before = cluster_.quorum().entries().size();
  const auto live_for = [&](Duration time) {
    for (Duration left = time; left > Duration::zero(); left -= seconds(1)) {
      cluster_.Advance(seconds(1));
      for (const int32_t id : {1, 3}) cluster_.Heartbeat(id);
      cluster_.Heartbeat(7, /*want_shutdown=*/false, /*metadata_end_offset=*/0);  // still fenced
    }
  };
  live_for(minutes(10) - seconds(1));
  EXPECT_EQ(cluster_.quorum().entries().size(), before);
  live_for(seconds(1));
  EXPECT_EQ(cluster_.quorum().entries().size(), before + 1);
  EXPECT_EQ(LastCause(), "drop broker 4, 5, 6: fenced, without a replica and silent for long");
  EXPECT_EQ(cluster_.ImageOf(2).brokers().size(), 4u);
  EXPECT_EQ(cluster_.Heartbeat(5).error().code(), common::v1::BROKER_ID_NOT_REGISTERED);
  ASSERT_TRUE(cluster_.Register(5).ok());

  // Broker 2 becomes idle when its replicas are gone.
  before = cluster_.quorum().entries().size();
  admin::v1::DeleteTopicsRequest request;
  request.add_topics()->set_name("t");
  Pending<admin::v1::DeleteTopicsResponse> deleted;
  cluster_.active().Execute(kDeleteTopics, request, {.principal = "tester"}, deleted.reply());
  live_for(minutes(10));
  EXPECT_EQ(cluster_.ImageOf(1).FindBroker(BrokerId(2)), nullptr);
}

TEST_F(BrokerWatchTest, ATakeOverPostponesTheDropOfIdleBrokers) {
  cluster_.StartBroker(4);
  ASSERT_TRUE(cluster_.Register(4).ok());
  cluster_.Advance(minutes(9));
  cluster_.Elect(2);
  cluster_.Advance(minutes(9));
  EXPECT_NE(cluster_.ImageOf(2).FindBroker(BrokerId(4)), nullptr);
  cluster_.Advance(minutes(1));
  EXPECT_EQ(cluster_.ImageOf(2).FindBroker(BrokerId(4)), nullptr);
}

TEST_F(BrokerWatchTest, ADropWaitsForRoomInTheLog) {
  cluster_.StartBroker(4);
  ASSERT_TRUE(cluster_.Register(4).ok());
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  cluster_.Advance(minutes(11));
  EXPECT_NE(cluster_.ImageOf(1).FindBroker(BrokerId(4)), nullptr);
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  cluster_.Advance(milliseconds(100));
  EXPECT_EQ(cluster_.ImageOf(1).FindBroker(BrokerId(4)), nullptr);
}

TEST_F(BrokerWatchTest, HeartbeatsOfAStandbyAndOfStrangersAreRefused) {
  Pending<broker::v1::HeartbeatResponse> pending;
  cluster_.controller(2).Heartbeat(99, {}, pending.reply());
  cluster_.Run();
  EXPECT_EQ(pending.error().code(), common::v1::NOT_CONTROLLER);
  cluster_.broker(1).epoch += 1;
  EXPECT_EQ(cluster_.Heartbeat(1).error().code(), common::v1::STALE_BROKER_EPOCH);
}

}  // namespace
}  // namespace quorate::controller
