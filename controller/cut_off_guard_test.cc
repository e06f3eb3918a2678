// An active controller that loses most brokers finds out whether it is cut off, and transfers
// leadership.
#include "controller/cut_off_guard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>

#include "controller/testing/controller_cluster.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<BrokerId> Ids(std::vector<int32_t> ids) {
  std::vector<BrokerId> brokers;
  for (const int32_t id : ids) brokers.emplace_back(id);
  return brokers;
}

TEST(ChooseBetterPlacedTest, TheOneThatHearsMostIfThatIsMoreThanTwiceAsMany) {
  const auto live = Ids({1, 2, 3, 4, 5});
  const VoterAnswer two{.voter = NodeId(2), .brokers = Ids({1, 2, 3, 4})};
  const VoterAnswer three{.voter = NodeId(3), .brokers = Ids({1, 2, 3, 4, 5})};
  EXPECT_EQ(ChooseBetterPlaced({two, three}, live, 0), NodeId(3));
  EXPECT_EQ(ChooseBetterPlaced({two, three}, live, 2), NodeId(3));
  EXPECT_EQ(ChooseBetterPlaced({two}, live, 2), std::nullopt);
  EXPECT_EQ(ChooseBetterPlaced({}, live, 0), std::nullopt);
}

TEST(ChooseBetterPlacedTest, BrokersThatAreFencedOrUnknownCountForNothing) {
  const VoterAnswer two{.voter = NodeId(2), .brokers = Ids({7, 8, 9})};
  EXPECT_EQ(ChooseBetterPlaced({two}, Ids({1, 2, 3}), 0), std::nullopt);
}

class CutOffGuardTest : public ::testing::Test {
 protected:
  explicit CutOffGuardTest(Duration grace = seconds(1)) : cluster_(3, grace) {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    for (int32_t id = 1; id <= 3; ++id) {
      cluster_.BringUp(id);
      cluster_.prober().Swallow(ControllerCluster::EndpointOf(id));
    }
    // Controller 1 has led long enough to be allowed to hand over leadership.
    for (int second = 0; second < 10; ++second) {
      cluster_.Advance(seconds(1));
      BeatAll();
    }
  }

  void BeatAll() {
    for (int32_t id = 1; id <= 3; ++id) cluster_.Heartbeat(id);
  }
  void BreakAll() {
    for (int32_t id = 1; id <= 3; ++id) cluster_.EndStream(id, StreamEnd::kBroken);
  }
  // The brokers look for the active controller at `node`.
  void LookAt(int node) {
    for (int32_t id = 1; id <= 3; ++id) {
      Pending<broker::v1::HeartbeatResponse> pending;
      cluster_.HeartbeatTo(node, id, pending.reply());
      EXPECT_EQ(pending.error().code(), common::v1::NOT_CONTROLLER);
    }
  }
  int Leader() { return cluster_.quorum().leader()->value(); }
  int Unfenced() {
    const auto image = cluster_.ImageOf(1);
    return static_cast<int>(std::ranges::count_if(
        image.brokers(), [](const auto& entry) { return !entry.second->fenced; }));
  }
  bool AnyFenced() { return Unfenced() < 3; }

  ControllerCluster cluster_;
};

class ShortGraceTest : public CutOffGuardTest {
 protected:
  // Controller 2 is down, so the poll waits for its answer for the maximum time.
  class HalfASecondPoll final : public VoterPoll {
   public:
    void Ask(const std::vector<NodeId>&, Duration,
             absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) override {
      questions_.push_back(std::move(done));
    }
    void AnswerFirst() {
      std::move(questions_.front())({{.voter = NodeId(3), .brokers = Ids({1, 2, 3})}});
      questions_.pop_front();
    }
    size_t questions() const { return questions_.size(); }

   private:
    std::deque<absl::AnyInvocable<void(std::vector<VoterAnswer>) &&>> questions_;
  };

  ShortGraceTest() : CutOffGuardTest(milliseconds(100)) { cluster_.ReplaceVoterPoll(&poll_); }

  HalfASecondPoll poll_;
};

TEST_F(CutOffGuardTest, LeadershipGoesToTheVoterThatHearsTheBrokers) {
  BreakAll();
  LookAt(3);
  cluster_.Advance(milliseconds(1'999));
  EXPECT_EQ(Leader(), 1);
  cluster_.Advance(milliseconds(1));
  EXPECT_EQ(Leader(), 3);
  EXPECT_FALSE(AnyFenced());
}

TEST_F(CutOffGuardTest, SilenceIsEnoughWellBeforeTheSessionTimeout) {
  // The network drops packets, so no stream breaks.
  cluster_.Advance(milliseconds(4'500));
  LookAt(2);
  cluster_.Advance(seconds(2));
  EXPECT_EQ(Leader(), 2);
  EXPECT_FALSE(AnyFenced());
}

TEST_F(CutOffGuardTest, BrokersThatComeBackAtOnceKeepTheController) {
  BreakAll();
  LookAt(2);
  BeatAll();
  cluster_.Advance(seconds(1));
  BeatAll();
  cluster_.Advance(seconds(1));
  EXPECT_EQ(Leader(), 1);
}

TEST_F(CutOffGuardTest, WhereNobodyHearsThemLeadersAndIsrsStayUntilTheHoldEnds) {
  BreakAll();
  cluster_.Advance(milliseconds(59'999));
  EXPECT_EQ(Leader(), 1);
  EXPECT_FALSE(AnyFenced());
  cluster_.Advance(milliseconds(1));
  EXPECT_TRUE(AnyFenced());
  EXPECT_EQ(cluster_.quorum().entries().back()->header().cause,
            "fence broker 1, 2, 3: their sessions are over");
}

TEST_F(CutOffGuardTest, AVoterThatHearsThemLaterIsAskedAgain) {
  BreakAll();
  cluster_.Advance(seconds(20));
  LookAt(2);
  cluster_.Advance(seconds(1));
  EXPECT_EQ(Leader(), 2);
}

TEST_F(CutOffGuardTest, AVoterThatHearsNoMoreIsNotHandedLeadership) {
  cluster_.EndStream(1, StreamEnd::kBroken);
  cluster_.EndStream(2, StreamEnd::kBroken);
  Pending<broker::v1::HeartbeatResponse> pending;
  cluster_.HeartbeatTo(2, 1, pending.reply());
  for (int second = 0; second < 5; ++second) {
    cluster_.Advance(seconds(1));
    cluster_.Heartbeat(3);
  }
  EXPECT_EQ(Leader(), 1);
}

TEST_F(CutOffGuardTest, ASuccessorKeepsItsOfficeForASessionTimeout) {
  BreakAll();
  LookAt(2);
  cluster_.Advance(seconds(2));
  ASSERT_EQ(Leader(), 2);
  // The brokers never reach controller 2, and controllers 1 and 3 seem to hear them.
  for (int half = 0; half < 17; ++half) {
    cluster_.Advance(milliseconds(500));
    LookAt(1);
    LookAt(3);
    EXPECT_EQ(Leader(), 2);
  }
  cluster_.Advance(seconds(2));
  EXPECT_NE(Leader(), 2);
}

TEST_F(CutOffGuardTest, ATransferThatFailsIsTriedAgain) {
  cluster_.quorum().RefuseTransfers(true);
  BreakAll();
  LookAt(2);
  cluster_.Advance(seconds(3));
  EXPECT_EQ(Leader(), 1);
  cluster_.quorum().RefuseTransfers(false);
  LookAt(2);
  cluster_.Advance(seconds(1));
  EXPECT_EQ(Leader(), 2);
}

// Found by the simulator: every transfer failed until the hold was over, and then no voter was
// asked.
TEST_F(CutOffGuardTest, AVoterThatHearsThemAfterAllWereFencedGetsLeadership) {
  cluster_.quorum().RefuseTransfers(true);
  BreakAll();
  for (int second = 0; second < 60; ++second) {
    LookAt(2);
    cluster_.Advance(seconds(1));
  }
  ASSERT_EQ(Unfenced(), 0);
  EXPECT_EQ(Leader(), 1);
  cluster_.quorum().RefuseTransfers(false);
  LookAt(2);
  cluster_.Advance(seconds(1));
  EXPECT_EQ(Leader(), 2);
}

TEST_F(CutOffGuardTest, ASuccessorThatIsCutOffTooHandsOverThoughAllWereFencedBefore) {
  BreakAll();
  cluster_.Advance(seconds(60));
  ASSERT_EQ(Unfenced(), 0);
  cluster_.Elect(2);
  for (int second = 0; second < 10; ++second) {
    EXPECT_EQ(Leader(), 2);
    LookAt(3);
    cluster_.Advance(seconds(1));
  }
  EXPECT_EQ(Leader(), 3);
}

TEST_F(CutOffGuardTest, BrokersThatAreFencedAreNotReportedAsLost) {
  const auto lost = [this] {
    Pending<admin::v1::DescribeClusterResponse> described;
    cluster_.controller(1).DescribeCluster(described.reply());
    cluster_.Run();
    return described.value().lost_broker_count();
  };
  BreakAll();
  cluster_.Advance(seconds(59));
  EXPECT_EQ(lost(), 3);
  cluster_.Advance(seconds(10));
  ASSERT_EQ(Unfenced(), 0);
  EXPECT_EQ(lost(), 0);
}

// For example, its disk was replaced, so it is an observer under a voter's node id.
TEST_F(CutOffGuardTest, AVoterThatCannotTakeOverIsNotTheOnlyOneThatIsTried) {
  cluster_.quorum().RefuseTransfersTo(NodeId(2));
  BreakAll();
  LookAt(2);
  LookAt(3);
  cluster_.Advance(seconds(2));
  EXPECT_EQ(Leader(), 1);
  cluster_.Advance(seconds(1));
  EXPECT_EQ(Leader(), 3);
}

TEST_F(ShortGraceTest, AnswersCountThoughTheyTakeLonger) {
  BreakAll();
  cluster_.Advance(milliseconds(200));
  ASSERT_EQ(poll_.questions(), 1u);
  cluster_.Advance(milliseconds(500));
  poll_.AnswerFirst();
  cluster_.Run();
  EXPECT_EQ(Leader(), 3);
}

TEST_F(CutOffGuardTest, OnlyRegisteredBrokersAreRememberedAsHeard) {
  cluster_.controller(2).RecordContact(BrokerId(1));
  cluster_.controller(2).RecordContact(BrokerId(77));
  Pending<std::vector<BrokerId>> heard;
  cluster_.controller(2).ListHeardBrokers(seconds(1), heard.reply());
  cluster_.Run();
  EXPECT_EQ(heard.value(), Ids({1}));
}

}  // namespace
}  // namespace quorate::controller
