#include "storage/loss_watermark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/file_io.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::HasSubstr;

LogState State(uint64_t write_id, int32_t epoch, int64_t last_index) {
  return {.write_id = write_id,
          .hard_state = {.epoch = Epoch(epoch)},
          .last_index = LogIndex(last_index)};
}

TEST(CheckAgainstLossWatermarkTest, ALogThatWentOnIsWhole) {
  EXPECT_TRUE(CheckAgainstLossWatermark(State(7, 2, 9), State(7, 2, 9)).ok());
  EXPECT_TRUE(CheckAgainstLossWatermark(State(8, 2, 12), State(7, 2, 9)).ok());
  EXPECT_TRUE(CheckAgainstLossWatermark(State(8, 3, 4), State(7, 2, 9)).ok()) << "truncated since";
}

TEST(CheckAgainstLossWatermarkTest, ALogThatIsBehindHasLostSomething) {
  const absl::Status status = CheckAgainstLossWatermark(State(6, 2, 8), State(7, 2, 9));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("write 6 (epoch 2, last entry 8)"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("write 7 (epoch 2, last entry 9)"));
  EXPECT_FALSE(CheckAgainstLossWatermark(LogState(), State(1, 1, 0)).ok()) << "a log that is gone";
}

TEST(CheckAgainstLossWatermarkTest, AnotherLogOfTheSameLengthIsALoss) {
  EXPECT_FALSE(CheckAgainstLossWatermark(State(7, 2, 8), State(7, 2, 9)).ok());
  EXPECT_FALSE(CheckAgainstLossWatermark(State(7, 3, 9), State(7, 2, 9)).ok());
  LogState voted = State(7, 2, 9);
  voted.hard_state.vote = raft::ReplicaKey{.node_id = NodeId(1)};
  EXPECT_FALSE(CheckAgainstLossWatermark(State(7, 2, 9), voted).ok());
  EXPECT_FALSE(CheckAgainstLossWatermark(State(8, 1, 9), State(7, 2, 9)).ok())
      << "epochs only grow";
}

class LossWatermarkFileTest : public ::testing::Test {
 protected:
  TempDir dir_;
  std::string path_ = dir_.path() + "/watermark";
  LossWatermarkFile file_{path_};
};

TEST_F(LossWatermarkFileTest, LoadsWhatWasStoredLast) {
  EXPECT_EQ(*file_.Load(), std::nullopt);
  for (uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(file_.Store(State(i, 1, 0)).ok());
    EXPECT_EQ(*file_.Load(), State(i, 1, 0));
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + ".tmp"));
}

TEST_F(LossWatermarkFileTest, DamageIsDataLossAndNamesTheFile) {
  ASSERT_TRUE(file_.Store(State(5, 1, 3)).ok());
  const std::string content = **ReadFile(path_);
  for (size_t bit = 0; bit < content.size() * 8; ++bit) {
    std::string damaged = content;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(path_) << damaged;
    const absl::Status status = file_.Load().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << "bit " << bit;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  }
}

TEST_F(LossWatermarkFileTest, AHalfWrittenReplacementLeavesTheOldOne) {
  ASSERT_TRUE(file_.Store(State(5, 1, 3)).ok());
  std::ofstream(path_ + ".tmp") << "half";
  EXPECT_EQ(*file_.Load(), State(5, 1, 3));
  ASSERT_TRUE(file_.Store(State(6, 1, 4)).ok());
  EXPECT_EQ(*file_.Load(), State(6, 1, 4));
}

TEST_F(LossWatermarkFileTest, AnUnwritableDirectoryIsAnError) {
  LossWatermarkFile file(dir_.path() + "/missing/watermark");
  EXPECT_THAT(std::string(file.Store(State(1, 1, 1)).message()), HasSubstr("/missing/watermark"));
}

}  // namespace
}  // namespace quorate::storage
