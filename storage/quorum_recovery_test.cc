// The log of a survivor whose quorum is permanently lost.
#include "storage/quorum_recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "storage/file_io.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/node.h"
#include "storage/testing/opened_log.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::HasSubstr;

const RecoveryOrder kOrder{.principal = "maria", .reason = "hosts 2 and 3 burnt", .now_ms = 1000};

class QuorumRecoveryTest : public ::testing::Test {
 protected:
  // Voter 1 of three, in epoch 4; the last entry is of epoch 3.
  QuorumRecoveryTest() {
    auto node = OpenNode(path_);
    CHECK_OK(node.status());
    CHECK_OK(WriteAndWait(*node->log->log(),
                          {.hard_state = raft::HardState{.epoch = Epoch(4)},
                           .founding_voters = MakeVoters({1, 2, 3}),
                           .entries = {builder_.MakeVoters(1, MakeVoters({1, 2, 3})),
                                       builder_.Make(3, "kept", /*record_count=*/5)}}));
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/node";
  LogBuilder builder_;
};

TEST_F(QuorumRecoveryTest, TheSurvivorIsTheOnlyVoterOfAFarEpochAndTheLogSaysWhy) {
  const auto result = RecoverQuorum(path_, kOrder);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->former_voters, MakeVoters({1, 2, 3}));
  EXPECT_EQ(result->kept, raft::LogEnd::Of(*builder_.entries().back()));

  auto node = OpenNode(path_);
  ASSERT_TRUE(node.ok()) << node.status();
  const raft::RestoredLog log = node->log->TakeRestored();
  EXPECT_EQ(log.hard_state, raft::HardState{.epoch = Epoch(4 + kRecoveryEpochGap)});
  EXPECT_EQ(log.last_index, LogIndex(3));
  ASSERT_NE(log.LatestVoters(), nullptr);
  ASSERT_EQ(log.LatestVoters()->size(), 1u);
  EXPECT_TRUE(log.LatestVoters()->Contains(
      {.node_id = NodeId(1), .directory_id = node->directory->directory_id()}));
  const raft::EntryHeader& header = log.last_entry->header();
  EXPECT_EQ(header.epoch, Epoch(4 + kRecoveryEpochGap));
  EXPECT_EQ(header.base_offset, RecordOffset(6));
  EXPECT_EQ(header.append_time_ms, 1000);
  EXPECT_EQ(header.principal, "maria");
  EXPECT_EQ(header.cause,
            "quorum recover: controller 1 is the only voter, before: 1,2,3; hosts 2 and 3 burnt");
}

TEST_F(QuorumRecoveryTest, TheSurvivorKeepsItsEndpoints) {
  raft::Voter survivor = *MakeVoters({1, 2, 3}).FindByNodeId(NodeId(1));
  survivor.peer_endpoint = "host-1:9093";
  survivor.client_endpoint = "host-1:9092";
  survivor.kafka_endpoint = "host-1:9094";
  {
    auto node = OpenNode(path_);
    ASSERT_TRUE(node.ok()) << node.status();
    const raft::VoterSet voters = MakeVoters({1, 2, 3}).With(survivor);
    ASSERT_TRUE(
        WriteAndWait(*node->log->log(), {.entries = {builder_.MakeVoters(3, voters)}}).ok());
  }
  ASSERT_TRUE(RecoverQuorum(path_, kOrder).ok());
  auto node = OpenNode(path_);
  ASSERT_TRUE(node.ok()) << node.status();
  survivor.key.directory_id = node->directory->directory_id();
  EXPECT_EQ(*node->log->TakeRestored().LatestVoters(), raft::VoterSet({survivor}));
}

TEST_F(QuorumRecoveryTest, CanBeRepeated) {
  ASSERT_TRUE(RecoverQuorum(path_, kOrder).ok());
  const auto again = RecoverQuorum(path_, kOrder);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->former_voters.size(), 1u);
  EXPECT_TRUE(OpenNode(path_).ok());
}

// A peer sent it this epoch: no entry is of that epoch, and no node could stand for election in a
// later one.
TEST_F(QuorumRecoveryTest, AnEpochNearItsEndIsMended) {
  for (const Epoch poison : {Epoch(std::numeric_limits<int32_t>::max()), raft::kMaxEpoch}) {
    {
      auto node = OpenNode(path_);
      ASSERT_TRUE(node.ok()) << node.status();
      ASSERT_TRUE(
          WriteAndWait(*node->log->log(), {.hard_state = raft::HardState{.epoch = poison}}).ok());
    }
    const auto result = RecoverQuorum(path_, kOrder);
    ASSERT_TRUE(result.ok()) << result.status();
    auto node = OpenNode(path_);
    ASSERT_TRUE(node.ok()) << node.status();
    const raft::RestoredLog log = node->log->TakeRestored();
    EXPECT_EQ(log.hard_state.epoch, result->entry->epoch());
    EXPECT_EQ(log.hard_state.epoch, result->kept.epoch + kRecoveryEpochGap);
  }
}

TEST(RecoveryEpochTest, OfALogThatIsNearItsEndItselfThereIsNone) {
  LogBuilder builder;
  builder.Make(raft::kMaxEpoch.value(), "x");
  raft::RestoredLog log;
  log.hard_state.epoch = raft::kMaxEpoch;
  log.last_index = builder.last_index();
  log.last_entry = builder.entries().back();
  const absl::Status status = RecoveryEpoch(log).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("snapshot restore"));
}

TEST_F(QuorumRecoveryTest, ADamagedLogIsNotGoneOnWith) {
  std::string watermark = **ReadFile(path_ + "/watermark");
  watermark[20] ^= 1;
  ASSERT_TRUE(ReplaceFile(path_ + "/watermark", watermark).ok());
  const absl::Status status = RecoverQuorum(path_, kOrder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
}

TEST_F(QuorumRecoveryTest, IsRefusedWhileTheControllerRuns) {
  const auto node = OpenNode(path_);
  EXPECT_THAT(std::string(RecoverQuorum(path_, kOrder).status().message()),
              HasSubstr("is in use by another process"));
}

TEST_F(QuorumRecoveryTest, IsRefusedWhereThereNeverWasAQuorum) {
  const std::string fresh = dir_.path() + "/fresh";
  ASSERT_TRUE(OpenNode(fresh).ok());
  EXPECT_THAT(std::string(RecoverQuorum(fresh, kOrder).status().message()),
              HasSubstr("has never been in a quorum"));
}

TEST_F(QuorumRecoveryTest, AnEndlessReasonIsRefused) {
  EXPECT_EQ(RecoverQuorum(path_, {.principal = "maria", .reason = std::string(2000, 'x')})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

// Raft's rule for votes: compares the epoch of the last entry first, then its index.
TEST(HasBetterLogTest, IsRaftsRule) {
  const auto log = [](int32_t epoch, int entries) {
    LogBuilder builder;
    for (int i = 0; i < entries; ++i) builder.Make(epoch, "x");
    RecoveredLog recovered;
    recovered.restored.last_index = builder.last_index();
    if (entries > 0) recovered.restored.last_entry = builder.entries().back();
    return recovered;
  };
  EXPECT_TRUE(HasBetterLog(log(2, 1), log(1, 9)));
  EXPECT_FALSE(HasBetterLog(log(1, 9), log(2, 1)));
  EXPECT_TRUE(HasBetterLog(log(2, 3), log(2, 2)));
  EXPECT_TRUE(HasBetterLog(log(1, 1), log(1, 0)));
  EXPECT_FALSE(HasBetterLog(log(1, 1), log(1, 1)));
}

}  // namespace
}  // namespace quorate::storage
