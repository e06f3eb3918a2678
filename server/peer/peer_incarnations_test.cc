#include "server/peer/peer_incarnations.h"

#include "gtest/gtest.h"

namespace quorate::server {
namespace {

using Verdict = PeerIncarnations::Verdict;

const raft::ReplicaKey kKey{NodeId(2), *Uuid::FromBytes(std::string(Uuid::kBytes, 'b'))};
const MonoTime kStart = MonoTime() + std::chrono::hours(1);
constexpr auto kMs = std::chrono::milliseconds(1);

class PeerIncarnationsTest : public ::testing::Test {
 protected:
  Verdict Hello(uint64_t incarnation) {
    return incarnations_.OnControlHello(kKey, incarnation, "at " + std::to_string(incarnation),
                                        now_);
  }
  void End(uint64_t incarnation) { incarnations_.OnControlEnd(kKey, incarnation, now_); }

  MonoTime now_ = kStart;
  PeerIncarnations incarnations_;
};

TEST_F(PeerIncarnationsTest, ARestartWhoseOldStreamHasEndedIsAccepted) {
  EXPECT_EQ(Hello(1), Verdict::kAccept);
  End(1);
  EXPECT_EQ(Hello(2), Verdict::kAccept);
}

TEST_F(PeerIncarnationsTest, ARestartWhoseOldStreamLooksOpenWaitsForHalfASecond) {
  EXPECT_EQ(Hello(1), Verdict::kAccept);
  EXPECT_EQ(Hello(2), Verdict::kTest);
  End(1);
  now_ += 499 * kMs;
  EXPECT_EQ(Hello(2), Verdict::kRefuse);
  now_ += kMs;
  EXPECT_EQ(Hello(2), Verdict::kReplace);
  // A control stream of the old process ends late.
  End(1);
  EXPECT_EQ(incarnations_.OtherInSession(kKey, 1, now_), "at 2");
}

TEST_F(PeerIncarnationsTest, ACopyIsRefusedWhileTheFirstProcessLives) {
  EXPECT_EQ(Hello(1), Verdict::kAccept);
  EXPECT_EQ(Hello(2), Verdict::kTest);
  End(1);
  EXPECT_EQ(incarnations_.OtherInSession(kKey, 2, now_), "at 1");
  now_ += 20 * kMs;
  EXPECT_EQ(Hello(1), Verdict::kAccept);
  for (int attempt = 0; attempt < 59; ++attempt) {
    now_ += 1000 * kMs;
    EXPECT_EQ(Hello(2), Verdict::kRefuse);
  }
  now_ += 1000 * kMs;
  EXPECT_EQ(Hello(2), Verdict::kTest) << "the proof has expired";
}

TEST_F(PeerIncarnationsTest, OtherReplicasAndOlderBuildsAreNoneOfItsBusiness) {
  EXPECT_EQ(Hello(1), Verdict::kAccept);
  EXPECT_EQ(Hello(0), Verdict::kAccept);
  EXPECT_EQ(incarnations_.OtherInSession(kKey, 0, now_), std::nullopt);
  const raft::ReplicaKey other{NodeId(2), *Uuid::FromBytes(std::string(Uuid::kBytes, 'c'))};
  EXPECT_EQ(incarnations_.OnControlHello(other, 2, "there", now_), Verdict::kAccept);
}

}  // namespace
}  // namespace quorate::server
