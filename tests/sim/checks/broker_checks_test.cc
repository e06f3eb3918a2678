#include "tests/sim/checks/broker_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::sim {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr Epoch kEpoch{3};
constexpr BrokerId kOne{1};
constexpr BrokerId kTwo{2};
constexpr BrokerId kThree{3};

// The leader of kEpoch claims leadership at 0 s, with three unfenced brokers. The hold is 10 s.
class BrokerChecksTest : public ::testing::Test {
 protected:
  BrokerChecksTest() {
    checks_.OnClaimed(kEpoch, At(0));
    EXPECT_EQ(Unfenced(At(0), {kOne, kTwo, kThree}), std::nullopt);
  }
  std::optional<std::string> Unfenced(MonoTime now, const std::set<BrokerId>& unfenced,
                                      const std::set<BrokerId>& leaving = {}) {
    return checks_.OnUnfenced(kEpoch, now, unfenced, leaving);
  }
  static MonoTime At(int second) { return MonoTime(seconds(100 + second)); }

  BrokerChecks checks_{seconds(10)};
};

TEST_F(BrokerChecksTest, AMinorityIsFencedAtAnyTime) {
  EXPECT_EQ(Unfenced(At(1), {kOne, kTwo}), std::nullopt);
  EXPECT_EQ(Unfenced(At(2), {kOne}), std::nullopt);
  EXPECT_EQ(checks_.fences(), 2u);
}

TEST_F(BrokerChecksTest, TheLastOneIsAMajority) {
  EXPECT_EQ(Unfenced(At(1), {kOne, kTwo}), std::nullopt);
  EXPECT_EQ(Unfenced(At(2), {kOne}), std::nullopt);
  EXPECT_THAT(Unfenced(At(3), {}), Optional(HasSubstr("fences 1 of 1 brokers")));
}

TEST_F(BrokerChecksTest, TheOnesThatLeaveDoNotCount) {
  EXPECT_EQ(Unfenced(At(1), {kOne}, {kTwo}), std::nullopt);
  EXPECT_EQ(checks_.fences(), 1u);
  EXPECT_EQ(Unfenced(At(2), {}, {kOne}), std::nullopt);
  EXPECT_EQ(checks_.fences(), 1u);
}

TEST_F(BrokerChecksTest, AMajorityIsHeldFromTheClaimOn) {
  EXPECT_THAT(Unfenced(At(9), {kOne}),
              Optional(HasSubstr("the leader of epoch 3 fences 2 of 3 brokers, of which half were "
                                 "lost to it for 9000 ms")));
}

TEST_F(BrokerChecksTest, AMajorityIsFencedAfterTheHold) {
  checks_.OnAnswered(kOne, kEpoch, At(2));
  checks_.OnAnswered(kTwo, kEpoch, At(4));
  checks_.OnAnswered(kThree, kEpoch, At(8));
  EXPECT_EQ(Unfenced(At(14), {kThree}), std::nullopt);
}

TEST_F(BrokerChecksTest, AMajorityIsHeldFromTheLastAnswerOn) {
  checks_.OnAnswered(kOne, kEpoch, At(2));
  checks_.OnAnswered(kTwo, kEpoch, At(5));
  checks_.OnAnswered(kThree, kEpoch, At(8));
  EXPECT_THAT(Unfenced(At(14), {}), Optional(HasSubstr("fences 3 of 3")));
}

TEST_F(BrokerChecksTest, AnswersOfAnotherEpochCountForNothing) {
  checks_.OnAnswered(kOne, Epoch(2), At(9));
  checks_.OnAnswered(kTwo, Epoch(2), At(9));
  EXPECT_EQ(Unfenced(At(10), {}), std::nullopt);
}

}  // namespace
}  // namespace quorate::sim
