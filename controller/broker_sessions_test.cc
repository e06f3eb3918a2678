#include "controller/broker_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Session timeout 9 s, grace 1 s, as by default. Stream n is broker n's.
class BrokerSessionsTest : public ::testing::Test {
 protected:
  // Brokers 1 to `count`, unfenced, connected; their endpoints are verified if `verified`.
  void Start(int count, bool verified = true) {
    for (int32_t id = 1; id <= count; ++id) {
      cluster_.Apply(DecideRegisterBroker(cluster_.view(), cluster_.RegistrationOf(id),
                                          {.endpoint_verified = verified},
                                          DecisionFixture::kClusterId, cluster_.context()));
      cluster_.Heartbeat(id);
    }
    sessions_.TakeOver(cluster_.image(), now_);
    for (int32_t id = 1; id <= count; ++id) Contact(id);
    EXPECT_THAT(Check().fences, IsEmpty());
  }

  bool Contact(int32_t id, StreamId stream = 0, int64_t offset = 0) {
    return sessions_.Contact(BrokerId(id), stream == 0 ? static_cast<StreamId>(id) : stream, offset,
                             now_);
  }
  void Break(int32_t id) {
    EXPECT_TRUE(sessions_.StreamEnded(static_cast<StreamId>(id), StreamEnd::kBroken, now_));
  }
  void Advance(Duration d) { now_ += d; }
  BrokerSessions::Due Check() { return sessions_.Check(cluster_.image(), now_); }

  // Who is due, after this much more time.
  std::vector<int32_t> FencedAfter(Duration d) {
    Advance(d);
    std::vector<int32_t> ids;
    for (const auto& fence : Check().fences) ids.push_back(fence.broker.value());
    return ids;
  }

  // Breaks the stream of broker `id`; its endpoint gives this answer at once.
  void BreakAndAnswer(int32_t id, ProbeResult result) {
    Break(id);
    for (const auto& probe : Check().probes) {
      if (probe.broker == BrokerId(id)) sessions_.ProbeAnswered(probe, result);
    }
  }

  DecisionFixture cluster_;
  BrokerSessions sessions_{{.timeout = seconds(9), .grace = seconds(1)}};
  MonoTime now_ = MonoTime(std::chrono::hours(1));
};

TEST_F(BrokerSessionsTest, ASilentBrokerIsFencedWhenItsSessionTimesOut) {
  Start(1);
  EXPECT_THAT(FencedAfter(milliseconds(8'999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
  EXPECT_EQ(Check().fences[0].why, "it was silent for 9000 ms");
}

TEST_F(BrokerSessionsTest, AHeartbeatBeginsTheTimeAnew) {
  Start(1);
  Advance(seconds(8));
  EXPECT_FALSE(Contact(1));
  EXPECT_THAT(FencedAfter(seconds(8)), IsEmpty());
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, NextIsWhenSomethingMayBeDue) {
  Start(1);
  EXPECT_EQ(Check().next, now_ + seconds(9));
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  EXPECT_EQ(Check().next, now_ + seconds(1));
  EXPECT_EQ(BrokerSessions({}).Check({}, now_).next, kNever);
}

TEST_F(BrokerSessionsTest, ABrokenStreamAndARefusedDialProveDeath) {
  Start(1);
  Break(1);
  const auto due = Check();
  EXPECT_THAT(due.fences, IsEmpty());
  ASSERT_EQ(due.probes.size(), 1u);
  EXPECT_THAT(Check().probes, IsEmpty());  // dialled once
  sessions_.ProbeAnswered(due.probes[0], ProbeResult::kRefused);
  ASSERT_EQ(Check().fences.size(), 1u);
  EXPECT_EQ(Check().fences[0].why, "its connection broke and nothing listens at broker-1:9092");
}

TEST_F(BrokerSessionsTest, AnotherIncarnationAtTheEndpointProvesDeath) {
  Start(1);
  BreakAndAnswer(1, ProbeResult::kOtherIncarnation);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, NoAnswerProvesNothingAndTheGraceDecides) {
  Start(1);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(milliseconds(999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, AnEndpointThatWasNeverVerifiedIsNotDialled) {
  Start(1, /*verified=*/false);
  Break(1);
  EXPECT_THAT(Check().probes, IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, AProcessThatStillAnswersHasItsWholeSession) {
  Start(1);
  Advance(seconds(2));
  BreakAndAnswer(1, ProbeResult::kSameIncarnation);
  EXPECT_THAT(FencedAfter(milliseconds(6'999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, WhoComesBackWithinTheGraceIsNotFenced) {
  Start(1);
  Break(1);
  const auto due = Check();
  EXPECT_TRUE(Contact(1, /*stream=*/100));
  sessions_.ProbeAnswered(due.probes[0], ProbeResult::kRefused);  // overtaken
  EXPECT_THAT(FencedAfter(seconds(8)), IsEmpty());
}

TEST_F(BrokerSessionsTest, TheEndOfAnOldStreamIsIgnored) {
  Start(1);
  Contact(1, /*stream=*/100);
  EXPECT_FALSE(sessions_.StreamEnded(1, StreamEnd::kBroken, now_));
  EXPECT_THAT(FencedAfter(seconds(8)), IsEmpty());
}

TEST_F(BrokerSessionsTest, ReconnectingGetsTheGraceAndNoDial) {
  Start(1);
  sessions_.StreamEnded(1, StreamEnd::kReconnecting, now_);
  EXPECT_THAT(Check().probes, IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, StoppingIsBelieved) {
  Start(1);
  sessions_.StreamEnded(1, StreamEnd::kStopping, now_);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
  EXPECT_EQ(Check().fences[0].why, "it said that it stops");
}

TEST_F(BrokerSessionsTest, AFencedBrokerIsNotFencedAgain) {
  Start(1);
  sessions_.StreamEnded(1, StreamEnd::kStopping, now_);
  cluster_.Fence({BrokerId(1)});
  EXPECT_THAT(FencedAfter(seconds(20)), IsEmpty());
  EXPECT_EQ(Check().next, kNever);
}

TEST_F(BrokerSessionsTest, AfterATakeOverAStreamThatDoesNotComeCountsAsBroken) {
  Start(2);
  sessions_.TakeOver(cluster_.image(), now_);
  Contact(2);
  EXPECT_EQ(Check().next, now_ + seconds(1));
  Advance(seconds(1));
  const auto due = Check();
  ASSERT_EQ(due.probes.size(), 1u);
  EXPECT_EQ(due.probes[0].broker, BrokerId(1));
  sessions_.ProbeAnswered(due.probes[0], ProbeResult::kRefused);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, AfterATakeOverABrokerThatIsUpHasItsWholeSession) {
  Start(1);
  sessions_.TakeOver(cluster_.image(), now_);
  Advance(seconds(1));
  sessions_.ProbeAnswered(Check().probes.at(0), ProbeResult::kSameIncarnation);
  EXPECT_THAT(FencedAfter(milliseconds(7'999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, WhenMostBreakTogetherTheControllerSuspectsItself) {
  Start(3);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  Advance(milliseconds(900));
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  Advance(milliseconds(100));
  EXPECT_THAT(Check().fences, IsEmpty());
  EXPECT_THAT(Check().spared, ElementsAre(BrokerId(1), BrokerId(2)));
  Contact(3);
  EXPECT_THAT(FencedAfter(seconds(4)), IsEmpty());
  Contact(3);
  EXPECT_THAT(FencedAfter(seconds(4)), ElementsAre(1, 2));  // silent for 9 s
}

TEST_F(BrokerSessionsTest, HalfIsNotMost) {
  Start(4);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1, 2));
}

TEST_F(BrokerSessionsTest, OfTwoBrokersNobodyCanTellWhoIsCutOff) {
  Start(2);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1, 2));
}

TEST_F(BrokerSessionsTest, ProvedDeathsNeitherWaitNorAddToTheSuspicion) {
  Start(3);
  BreakAndAnswer(1, ProbeResult::kRefused);
  BreakAndAnswer(2, ProbeResult::kRefused);
  BreakAndAnswer(3, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1, 2));
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1, 2, 3));
}

TEST_F(BrokerSessionsTest, BreaksThatAreFurtherApartThanTheGraceAreNotTogether) {
  Start(3);
  BreakAndAnswer(1, ProbeResult::kSameIncarnation);  // waits for its timeout
  Advance(milliseconds(1'001));
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(2));
}

TEST_F(BrokerSessionsTest, TheSuspicionEndsWhenTheOthersAreBack) {
  Start(3);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(2)), IsEmpty());
  Contact(2, /*stream=*/100);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, ARegisteredIncarnationIsGoneWhenItsSessionIs) {
  Start(1);
  const auto& broker = *cluster_.image().FindBroker(BrokerId(1));
  EXPECT_FALSE(sessions_.IsGone(broker, std::nullopt, now_));
  // A refusal proves nothing of a broker that is connected: it may have stopped listening.
  EXPECT_FALSE(sessions_.IsWorthProbing(broker));
  EXPECT_FALSE(sessions_.IsGone(broker, ProbeResult::kRefused, now_));
  EXPECT_EQ(sessions_.TimeLeft(BrokerId(1), now_), seconds(9));

  Break(1);
  EXPECT_EQ(sessions_.TimeLeft(BrokerId(1), now_), seconds(1));
  EXPECT_TRUE(sessions_.IsWorthProbing(broker));
  EXPECT_FALSE(sessions_.IsGone(broker, ProbeResult::kSameIncarnation, now_));
  EXPECT_FALSE(sessions_.IsGone(broker, ProbeResult::kNoAnswer, now_));
  EXPECT_TRUE(sessions_.IsGone(broker, ProbeResult::kRefused, now_));
  EXPECT_TRUE(sessions_.IsGone(broker, ProbeResult::kOtherIncarnation, now_));
  EXPECT_TRUE(sessions_.IsGone(broker, std::nullopt, now_ + seconds(9)));
}

TEST_F(BrokerSessionsTest, ARegistrationOfTheSameEpochKeepsTheSession) {
  Start(1);
  const int64_t epoch = cluster_.image().FindBroker(BrokerId(1))->broker_epoch;
  sessions_.Registered(BrokerId(1), epoch, now_);
  EXPECT_FALSE(Contact(1));
  sessions_.Registered(BrokerId(1), epoch + 1, now_);
  EXPECT_FALSE(sessions_.StreamEnded(1, StreamEnd::kBroken, now_));
}

TEST_F(BrokerSessionsTest, OthersKnowOfAShutdownWhenAllActiveOnesHaveReplayedIt) {
  Start(3);
  EXPECT_FALSE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
  sessions_.ShutdownBegan(BrokerId(1), RecordOffset(100));
  sessions_.ShutdownBegan(BrokerId(1), RecordOffset(200));  // the first counts
  Contact(2, 0, 100);
  Contact(3, 0, 99);
  EXPECT_FALSE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
  Contact(3, 0, 100);
  EXPECT_TRUE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
  // A fenced broker is not waited for.
  Contact(3, 0, 99);
  cluster_.Fence({BrokerId(3)});
  EXPECT_TRUE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
}

}  // namespace
}  // namespace quorate::controller
