#include "controller/broker_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "controller/decide/brokers/unregister_broker.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The session timeout is 9 s and the grace 1 s, the defaults. Stream n belongs to broker n.
class BrokerSessionsTest : public ::testing::Test {
 protected:
  // Starts brokers 1 to `count`, unfenced and connected. Their endpoints are verified if
  // `verified`. As many brokers and one more stay healthy whatever the test does, so that no loss
  // is a mass loss.
  void Start(int count, bool verified = true) {
    StartAlone(2 * count + 1, verified);
    healthy_from_ = count + 1;
  }
  void StartAlone(int count, bool verified = true) {
    count_ = count;
    healthy_from_ = count + 1;
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

  static broker::v1::HeartbeatRequest HeartbeatOf(int32_t id, int64_t stream_ordinal = 0) {
    broker::v1::HeartbeatRequest heartbeat;
    heartbeat.set_broker_id(id);
    heartbeat.set_stream_ordinal(stream_ordinal);
    return heartbeat;
  }
  bool Contact(int32_t id, StreamId stream = 0, int64_t stream_ordinal = 0) {
    return sessions_.RecordHeartbeat(stream == 0 ? static_cast<StreamId>(id) : stream,
                                     HeartbeatOf(id, stream_ordinal), now_);
  }
  void Break(int32_t id) {
    EXPECT_TRUE(sessions_.StreamEnded(static_cast<StreamId>(id), StreamEnd::kBroken, now_));
  }
  void Advance(Duration d) {
    now_ += d;
    for (int32_t id = healthy_from_; id <= count_; ++id) Contact(id);
  }
  // Answers the dials that `answers_` has answers for, until only other dials are in flight.
  BrokerSessions::Due Check() {
    std::vector<BrokerSessions::DueProbe> unanswered;
    while (true) {
      BrokerSessions::Due due = sessions_.Check(cluster_.image(), now_);
      bool answered = false;
      for (const BrokerSessions::DueProbe& probe : due.probes) {
        const auto answer = answers_.find(probe.broker);
        if (answer == answers_.end()) {
          unanswered.push_back(probe);
        } else {
          sessions_.ProbeAnswered(probe, answer->second, now_);
          answered = true;
        }
      }
      if (answered) continue;
      due.probes = std::move(unanswered);
      return due;
    }
  }

  // Returns which brokers are due to be fenced after this much more time.
  std::vector<int32_t> FencedAfter(Duration d) {
    Advance(d);
    std::vector<int32_t> ids;
    for (const auto& fence : Check().fences) ids.push_back(fence.broker.value());
    return ids;
  }

  // Breaks the stream of broker `id`. Its endpoint gives this answer to every dial.
  void BreakAndAnswer(int32_t id, ProbeResult result) {
    answers_[BrokerId(id)] = result;
    Break(id);
    Check();
  }

  DecisionFixture cluster_;
  std::map<BrokerId, ProbeResult> answers_;
  int32_t count_ = 0;
  int32_t healthy_from_ = 1;
  BrokerSessions sessions_{
      {.timeout = seconds(9), .grace = seconds(1), .mass_loss_hold = seconds(60)}};
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
  EXPECT_EQ(Check().next, now_ + milliseconds(4'500));  // when most would be lost
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  EXPECT_EQ(Check().next, now_ + milliseconds(5));  // another dial
  Advance(milliseconds(100));
  EXPECT_EQ(Check().next, now_ + milliseconds(900));
  EXPECT_EQ(BrokerSessions({}).Check({}, now_).next, kNever);
}

TEST_F(BrokerSessionsTest, ABrokenStreamAndARefusedDialProveDeath) {
  Start(1);
  Break(1);
  const auto due = Check();
  EXPECT_THAT(due.fences, IsEmpty());
  ASSERT_EQ(due.probes.size(), 1u);
  EXPECT_THAT(Check().probes, IsEmpty());  // one dial at a time
  sessions_.ProbeAnswered(due.probes[0], ProbeResult::kRefused, now_);
  ASSERT_EQ(Check().fences.size(), 1u);
  EXPECT_EQ(Check().fences[0].why, "its connection broke and nothing listens at broker-1:9092");
}

TEST_F(BrokerSessionsTest, AnotherIncarnationAtTheEndpointProvesDeath) {
  Start(1);
  BreakAndAnswer(1, ProbeResult::kOtherIncarnation);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, WhatABrokerSupportsIsKnownFromItsFirstHeartbeatOn) {
  StartAlone(2);
  EXPECT_EQ(sessions_.MaxMetadataVersion(BrokerId(1)), 1u) << "it does not say so";
  auto heartbeat = HeartbeatOf(2);
  heartbeat.set_max_metadata_version(7);
  sessions_.RecordHeartbeat(2, heartbeat, now_);
  EXPECT_EQ(sessions_.MaxMetadataVersion(BrokerId(2)), 7u);
  Break(2);
  EXPECT_EQ(sessions_.MaxMetadataVersion(BrokerId(2)), 7u) << "it is the same process";
  // Another process registers under the id, and another controller becomes active.
  sessions_.Registered(BrokerId(2), /*broker_epoch=*/1'000, now_);
  EXPECT_EQ(sessions_.MaxMetadataVersion(BrokerId(2)), 0u);
  sessions_.TakeOver(cluster_.image(), now_);
  EXPECT_EQ(sessions_.MaxMetadataVersion(BrokerId(1)), 0u);
}

TEST_F(BrokerSessionsTest, NoAnswerProvesNothingAndTheGraceDecides) {
  Start(1);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(milliseconds(999)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

// A dying process closes its sockets one after the other.
TEST_F(BrokerSessionsTest, AnAnswerSoonAfterTheBreakIsNoProofOfLife) {
  Start(1);
  for (const ProbeResult first : {ProbeResult::kNoAnswer, ProbeResult::kSameIncarnation}) {
    for (const int refused_at : {1, 2, 3, 4}) {
      BreakAndAnswer(1, first);
      int dial = 0;
      for (const int after_ms : {5, 15, 30, 50}) {
        if (++dial == refused_at) answers_[BrokerId(1)] = ProbeResult::kRefused;
        EXPECT_THAT(FencedAfter(milliseconds(after_ms - 1)), IsEmpty()) << dial;
        if (dial < refused_at) {
          EXPECT_THAT(FencedAfter(milliseconds(1)), IsEmpty()) << dial;
        } else {
          EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1)) << dial;
          break;
        }
      }
      Contact(1);
    }
  }
}

TEST_F(BrokerSessionsTest, TheDialsEndWhenTheBrokerIsBack) {
  Start(1);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  answers_.clear();
  Contact(1, /*stream=*/100);
  for (int i = 0; i < 30; ++i) {
    Advance(milliseconds(5));
    EXPECT_THAT(Check().probes, IsEmpty());
  }
}

TEST_F(BrokerSessionsTest, AnAnswerThatTakesLongIsTheLast) {
  Start(1);
  Break(1);
  const auto probes = Check().probes;
  Advance(milliseconds(30));
  sessions_.ProbeAnswered(probes.at(0), ProbeResult::kNoAnswer, now_);
  EXPECT_EQ(Check().next, now_ + milliseconds(20)) << "times that have passed are skipped";
  Advance(milliseconds(20));
  const auto second = Check().probes;
  Advance(milliseconds(700));
  sessions_.ProbeAnswered(second.at(0), ProbeResult::kNoAnswer, now_);
  EXPECT_THAT(Check().probes, IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(250)), ElementsAre(1));
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
  sessions_.ProbeAnswered(due.probes[0], ProbeResult::kRefused, now_);  // outdated
  EXPECT_THAT(FencedAfter(seconds(8)), IsEmpty());
}

TEST_F(BrokerSessionsTest, TheEndOfAnOldStreamIsIgnored) {
  Start(1);
  Contact(1, /*stream=*/100);
  EXPECT_FALSE(sessions_.StreamEnded(1, StreamEnd::kBroken, now_));
  EXPECT_THAT(FencedAfter(seconds(8)), IsEmpty());
}

TEST_F(BrokerSessionsTest, AHeartbeatOnAnOlderStreamIsRecognized) {
  Start(1);
  Contact(1, /*stream=*/100, /*stream_ordinal=*/1);
  Contact(1, /*stream=*/101, /*stream_ordinal=*/2);
  EXPECT_TRUE(sessions_.IsOnReplacedStream(HeartbeatOf(1, 1)));
  EXPECT_FALSE(sessions_.IsOnReplacedStream(HeartbeatOf(1, 2)));
  EXPECT_FALSE(sessions_.IsOnReplacedStream(HeartbeatOf(1, 3)));
  EXPECT_FALSE(sessions_.IsOnReplacedStream(HeartbeatOf(2, 1)));
  // The end of the newer stream does not make the older one newer.
  EXPECT_TRUE(sessions_.StreamEnded(101, StreamEnd::kBroken, now_));
  EXPECT_TRUE(sessions_.IsOnReplacedStream(HeartbeatOf(1, 1)));
}

TEST_F(BrokerSessionsTest, StreamsThatAreNotCountedTakeTheSessionInTheOrderOfTheirHeartbeats) {
  Start(1);
  Contact(1, /*stream=*/100, /*stream_ordinal=*/2);
  EXPECT_FALSE(sessions_.IsOnReplacedStream(HeartbeatOf(1, 0)));
  EXPECT_TRUE(Contact(1, /*stream=*/101));
}

TEST_F(BrokerSessionsTest, AnotherRegistrationCountsItsStreamsAnew) {
  Start(1);
  Contact(1, /*stream=*/100, /*stream_ordinal=*/5);
  sessions_.Registered(BrokerId(1), /*broker_epoch=*/1000, now_);
  EXPECT_FALSE(sessions_.IsOnReplacedStream(HeartbeatOf(1, 1)));
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
  StartAlone(1);
  sessions_.StreamEnded(1, StreamEnd::kStopping, now_);
  cluster_.Fence({BrokerId(1)});
  EXPECT_THAT(FencedAfter(seconds(20)), IsEmpty());
  EXPECT_EQ(Check().next, kNever);
}

TEST_F(BrokerSessionsTest, AFencedBrokerThatSendsNothingIsSilentAfterAWhile) {
  StartAlone(2);
  cluster_.UpgradeTo(2);
  cluster_.Fence({BrokerId(1)});
  Advance(minutes(10) - milliseconds(1));
  EXPECT_THAT(Check().silent, IsEmpty());
  EXPECT_LE(Check().next, now_ + milliseconds(1));
  Advance(milliseconds(1));
  EXPECT_THAT(Check().silent, ElementsAre(BrokerId(1))) << "not the unfenced broker 2";
  Contact(1);
  EXPECT_THAT(Check().silent, IsEmpty());
  Advance(minutes(10));
  EXPECT_THAT(Check().silent, ElementsAre(BrokerId(1)));
  sessions_.TakeOver(cluster_.image(), now_);
  EXPECT_THAT(Check().silent, IsEmpty()) << "the time begins again under another controller";
}

TEST_F(BrokerSessionsTest, AtMetadataVersion1NoBrokerIsSilent) {
  StartAlone(1);
  cluster_.Fence({BrokerId(1)});
  Advance(minutes(20));
  EXPECT_THAT(Check().silent, IsEmpty());
}

TEST_F(BrokerSessionsTest, AnUnregisteredBrokerIsForgotten) {
  StartAlone(2);
  cluster_.UpgradeTo(2);
  EXPECT_FALSE(sessions_.ForgetUnregistered(cluster_.image()));
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(1);
  request.set_force(true);
  cluster_.Apply(DecideUnregisterBroker(cluster_.view(), request, cluster_.context()));
  EXPECT_TRUE(sessions_.ForgetUnregistered(cluster_.image()));
  EXPECT_FALSE(sessions_.IsConnected(BrokerId(1)));
  EXPECT_FALSE(sessions_.Describe(BrokerId(1), now_).last_contact_age.has_value());
  EXPECT_FALSE(sessions_.StreamEnded(1, StreamEnd::kBroken, now_)) << "the stream is unknown";
  EXPECT_TRUE(sessions_.IsConnected(BrokerId(2)));
  EXPECT_FALSE(sessions_.ForgetUnregistered(cluster_.image()));
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
  sessions_.ProbeAnswered(due.probes[0], ProbeResult::kRefused, now_);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, AfterATakeOverABrokerThatIsUpHasItsWholeSession) {
  Start(1);
  sessions_.TakeOver(cluster_.image(), now_);
  answers_[BrokerId(1)] = ProbeResult::kSameIncarnation;
  Advance(seconds(1));
  EXPECT_THAT(FencedAfter(milliseconds(100)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(7'899)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, ADeathThatIsAloneWaitsForNothing) {
  Start(2);
  BreakAndAnswer(1, ProbeResult::kRefused);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, BrokersThatDieTogetherAreOneBatch) {
  Start(3);
  for (const int32_t id : {1, 2, 3}) Break(id);
  const auto probes = Check().probes;
  ASSERT_EQ(probes.size(), 3u);
  sessions_.ProbeAnswered(probes[0], ProbeResult::kRefused, now_);
  EXPECT_THAT(Check().fences, IsEmpty());
  sessions_.ProbeAnswered(probes[1], ProbeResult::kRefused, now_);
  EXPECT_THAT(Check().fences, IsEmpty());
  sessions_.ProbeAnswered(probes[2], ProbeResult::kRefused, now_);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1, 2, 3));
}

TEST_F(BrokerSessionsTest, WhoTurnsOutAliveIsNotWaitedFor) {
  Start(2);
  for (const int32_t id : {1, 2}) Break(id);
  const auto probes = Check().probes;
  sessions_.ProbeAnswered(probes[0], ProbeResult::kRefused, now_);
  sessions_.ProbeAnswered(probes[1], ProbeResult::kSameIncarnation, now_);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, ABatchWaitsForAGraceAtMost) {
  Start(3);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  Advance(milliseconds(600));
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  Advance(milliseconds(600));
  EXPECT_THAT(Check().fences, IsEmpty());  // 1 waits for 2
  BreakAndAnswer(3, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(milliseconds(100)), IsEmpty());
  EXPECT_EQ(Check().next, now_ + milliseconds(300));
  EXPECT_THAT(FencedAfter(milliseconds(300)), ElementsAre(1, 2));
  EXPECT_THAT(FencedAfter(milliseconds(600)), ElementsAre(1, 2, 3));
}

TEST_F(BrokerSessionsTest, BrokersThatFallSilentTogetherAreOneBatch) {
  Start(2);
  Advance(milliseconds(900));
  Contact(2);
  EXPECT_THAT(FencedAfter(milliseconds(8'100)), IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(900)), ElementsAre(1, 2));
}

TEST_F(BrokerSessionsTest, WhenMostAreLostNobodyIsFencedBeforeTheHoldEnds) {
  StartAlone(3);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  Advance(milliseconds(900));
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  const MonoTime since = now_;
  EXPECT_THAT(FencedAfter(milliseconds(100)), IsEmpty());
  const auto loss = Check().mass_loss;
  ASSERT_TRUE(loss.has_value());
  EXPECT_EQ(loss->since, since);
  EXPECT_EQ(loss->lost, 2u);
  EXPECT_EQ(loss->live, 3u);
  EXPECT_EQ(loss->held_until, since + seconds(60));
  Advance(milliseconds(59'899));
  Contact(3);
  EXPECT_THAT(Check().fences, IsEmpty());
  EXPECT_THAT(FencedAfter(milliseconds(1)), ElementsAre(1, 2));
}

TEST_F(BrokerSessionsTest, SilenceOfMostIsALossBeforeTheSessionsTimeOut) {
  StartAlone(3);
  EXPECT_EQ(Check().next, now_ + milliseconds(4'500));
  Advance(milliseconds(4'499));
  Contact(3);
  EXPECT_FALSE(Check().mass_loss);
  Advance(milliseconds(1));
  EXPECT_TRUE(Check().mass_loss);
  for (int second = 0; second < 30; ++second) {
    Advance(seconds(1));
    Contact(3);
    EXPECT_THAT(Check().fences, IsEmpty());
  }
}

TEST_F(BrokerSessionsTest, TheLossGoesOnWhenAllAreFencedUntilMostAreInContact) {
  StartAlone(4);
  BreakAndAnswer(4, ProbeResult::kRefused);
  for (const int32_t id : {1, 2, 3}) BreakAndAnswer(id, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(60)), ElementsAre(1, 2, 3, 4));
  EXPECT_FALSE(Check().mass_loss->all_fenced);
  cluster_.Fence({BrokerId(1), BrokerId(2), BrokerId(3), BrokerId(4)});
  const auto loss = Check().mass_loss;
  ASSERT_TRUE(loss);
  EXPECT_TRUE(loss->all_fenced);
  EXPECT_EQ(loss->lost, 3u);
  EXPECT_EQ(loss->live, 3u) << "broker 4 is dead";
  // A second heartbeat on one stream shows that the broker reads the answers.
  for (int beat = 0; beat < 2; ++beat) Contact(1, 11);
  EXPECT_EQ(Check().mass_loss->lost, 2u);
  for (int beat = 0; beat < 2; ++beat) Contact(2, 12);
  EXPECT_FALSE(Check().mass_loss);
}

TEST_F(BrokerSessionsTest, BrokersThatWereFencedBeforeATakeOverAreLostAfterHalfOfTheTimeout) {
  StartAlone(1);
  cluster_.Fence({BrokerId(1)});
  sessions_.TakeOver(cluster_.image(), now_);
  EXPECT_EQ(Check().next, now_ + milliseconds(4'500));
  EXPECT_FALSE(Check().mass_loss);
  now_ += milliseconds(4'500);
  EXPECT_TRUE(Check().mass_loss->all_fenced);
}

TEST_F(BrokerSessionsTest, WhereNoBrokerIsRegisteredNoneIsLost) {
  sessions_.TakeOver(cluster_.image(), now_);
  EXPECT_FALSE(Check().mass_loss);
}

TEST_F(BrokerSessionsTest, WhoOnlySendsIsLost) {
  // The network drops the controller's answers: each broker gives up and tries again on a new
  // stream.
  StartAlone(3);
  StreamId stream = 10;
  for (int second = 0; second < 5; ++second) {
    Advance(seconds(1));
    for (int32_t id = 1; id <= 3; ++id) Contact(id, stream++);
  }
  EXPECT_TRUE(Check().mass_loss);
  // Answers arrive again.
  for (int32_t id = 1; id <= 3; ++id) Contact(id, stream - 4 + static_cast<StreamId>(id));
  EXPECT_FALSE(Check().mass_loss);
}

TEST_F(BrokerSessionsTest, HalfIsNotMost) {
  StartAlone(4);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1, 2));
}

TEST_F(BrokerSessionsTest, TheOnlyBrokerIsHeldToo) {
  StartAlone(1);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(59)), IsEmpty());
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, ProvedDeathsNeitherAddToTheLossNorAreHeld) {
  StartAlone(3);
  BreakAndAnswer(1, ProbeResult::kRefused);
  BreakAndAnswer(2, ProbeResult::kRefused);
  EXPECT_FALSE(Check().mass_loss);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1, 2));
  BreakAndAnswer(3, ProbeResult::kNoAnswer);
  EXPECT_FALSE(Check().mass_loss);
  EXPECT_THAT(FencedAfter(seconds(1)), ElementsAre(1, 2, 3));
}

TEST_F(BrokerSessionsTest, AProofIsNotHeldByTheLossOfTheOthers) {
  StartAlone(4);
  for (const int32_t id : {1, 2, 3}) BreakAndAnswer(id, ProbeResult::kSameIncarnation);
  EXPECT_TRUE(Check().mass_loss);
  BreakAndAnswer(4, ProbeResult::kRefused);
  EXPECT_THAT(FencedAfter({}), ElementsAre(4));
}

TEST_F(BrokerSessionsTest, TheLossEndsWhenTheOthersAreBack) {
  StartAlone(3);
  BreakAndAnswer(1, ProbeResult::kNoAnswer);
  BreakAndAnswer(2, ProbeResult::kNoAnswer);
  EXPECT_THAT(FencedAfter(seconds(2)), IsEmpty());
  Contact(2, /*stream=*/100);
  EXPECT_TRUE(Check().mass_loss);  // it has not shown that it receives answers
  Contact(2, /*stream=*/100);
  EXPECT_THAT(FencedAfter({}), ElementsAre(1));
}

TEST_F(BrokerSessionsTest, AThousandStreamsThatBreakCostOneLookAtEach) {
  constexpr int kBrokers = 1'000;
  StartAlone(kBrokers);
  for (int32_t id = 1; id <= kBrokers; ++id) Break(id);
  const size_t before = sessions_.examined();
  const auto due = Check();
  EXPECT_EQ(due.probes.size(), static_cast<size_t>(kBrokers));
  EXPECT_EQ(sessions_.examined() - before, static_cast<size_t>(kBrokers));
}

TEST_F(BrokerSessionsTest, ARegisteredIncarnationIsGoneWhenItsSessionIs) {
  Start(1);
  const auto& broker = *cluster_.image().FindBroker(BrokerId(1));
  EXPECT_FALSE(sessions_.IsGone(broker, std::nullopt, now_));
  // A refused dial proves nothing about a connected broker, which may have stopped listening.
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
  StartAlone(3);
  EXPECT_FALSE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
  sessions_.ShutdownBegan(BrokerId(1), RecordOffset(100));
  sessions_.ShutdownBegan(BrokerId(1), RecordOffset(200));  // only the first call counts
  const auto replayed = [&](int32_t id, int64_t offset) {
    broker::v1::HeartbeatRequest heartbeat = HeartbeatOf(id);
    heartbeat.set_metadata_end_offset(offset);
    sessions_.RecordHeartbeat(static_cast<StreamId>(id), heartbeat, now_);
  };
  replayed(2, 100);
  replayed(3, 99);
  EXPECT_FALSE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
  replayed(3, 100);
  EXPECT_TRUE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
  // A fenced broker need not have replayed it.
  replayed(3, 99);
  cluster_.Fence({BrokerId(3)});
  EXPECT_TRUE(sessions_.OthersKnowOfShutdown(cluster_.image(), BrokerId(1)));
}

}  // namespace
}  // namespace quorate::controller
