#include "storage/background_snapshot_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"
#include "storage/memory_snapshot_files.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::IsEmpty;

class BackgroundSnapshotWriterTest : public ::testing::Test {
 protected:
  BackgroundSnapshotWriterTest() {
    auto store = FileSnapshotStore::Open(&files_, &executor_);
    CHECK_OK(store.status());
    store_ = *std::move(store);
    writer_.emplace(BackgroundSnapshotWriter::Options{.bytes_per_second = 1000}, store_.get(),
                    &files_, &executor_, &clock_);
  }

  void Save() {
    writer_->Save(
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
  std::unique_ptr<FileSnapshotStore> store_;
  std::optional<BackgroundSnapshotWriter> writer_;
  std::optional<absl::StatusOr<int64_t>> result_;
};

TEST_F(BackgroundSnapshotWriterTest, WritesNoFasterThanAllowed) {
  Save();
  // About 3,100 bytes at 1,000 bytes per second.
  executor_.AdvanceBy(std::chrono::milliseconds(2900));
  EXPECT_FALSE(result_.has_value());
  EXPECT_FALSE(store_->Newest().has_value());
  executor_.AdvanceBy(std::chrono::seconds(1));
  ASSERT_TRUE(result_.has_value());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ(store_->Newest(), kMeta);
  EXPECT_EQ(*ReadChunks(files_, kMeta.id), TestChunks());
  EXPECT_GT(writer_->metrics().duration.sum(), 2.9);
  EXPECT_LT(writer_->metrics().duration.sum(), 3.9);
}

TEST_F(BackgroundSnapshotWriterTest, AFailureIsToldAndTheNextOneMaySucceed) {
  files_.SetCapacity(1000);
  Save();
  executor_.AdvanceBy(std::chrono::seconds(5));
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(*files_.List(), IsEmpty());
  EXPECT_EQ(writer_->metrics().failures.value(), 1u);
  files_.SetCapacity(std::nullopt);
  Save();
  executor_.AdvanceBy(std::chrono::seconds(5));
  EXPECT_TRUE(result_->ok());
  EXPECT_EQ(writer_->metrics().failures.value(), 1u);
  EXPECT_EQ(store_->Newest(), kMeta);
}

}  // namespace
}  // namespace quorate::storage
