#include "storage/snapshot_saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"
#include "storage/memory_snapshot_files.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::IsEmpty;

class SnapshotSaverTest : public ::testing::Test {
 protected:
  SnapshotSaverTest() {
    auto depot = SnapshotDepot::Open(&files_, &executor_);
    CHECK_OK(depot.status());
    depot_ = *std::move(depot);
    saver_.emplace(SnapshotSaver::Options{.bytes_per_second = 1000}, depot_.get(), &files_,
                   &executor_, &clock_);
  }

  void Save() {
    saver_->Save(
        kMeta,
        [chunks = TestChunks(), next = size_t{0}]() mutable -> std::optional<std::string> {
          if (next == chunks.size()) return std::nullopt;
          return chunks[next++];
        },
        [this](absl::StatusOr<int64_t> size) { result_ = std::move(size); });
    executor_.RunReady();
  }

  const raft::SnapshotMeta kMeta = MakeMeta(500);
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  MemorySnapshotFiles files_;
  std::unique_ptr<SnapshotDepot> depot_;
  std::optional<SnapshotSaver> saver_;
  std::optional<absl::StatusOr<int64_t>> result_;
};

TEST_F(SnapshotSaverTest, WritesNoFasterThanAllowed) {
  Save();
  // About 3,100 bytes at 1,000 bytes per second.
  executor_.AdvanceBy(std::chrono::milliseconds(2900));
  EXPECT_FALSE(result_.has_value());
  EXPECT_FALSE(depot_->Newest().has_value());
  executor_.AdvanceBy(std::chrono::seconds(1));
  ASSERT_TRUE(result_.has_value());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ(depot_->Newest(), kMeta);
  EXPECT_EQ(*ReadChunks(files_, kMeta.id), TestChunks());
}

TEST_F(SnapshotSaverTest, AFailureIsToldAndTheNextOneMaySucceed) {
  files_.SetCapacity(1000);
  Save();
  executor_.AdvanceBy(std::chrono::seconds(5));
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(*files_.List(), IsEmpty());
  files_.SetCapacity(std::nullopt);
  Save();
  executor_.AdvanceBy(std::chrono::seconds(5));
  EXPECT_TRUE(result_->ok());
  EXPECT_EQ(depot_->Newest(), kMeta);
}

}  // namespace
}  // namespace quorate::storage
