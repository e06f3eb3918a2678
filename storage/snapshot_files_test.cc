// The contract that both implementations of the port keep.
#include "storage/snapshot_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "storage/disk_snapshot_files.h"
#include "storage/memory_snapshot_files.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SnapshotFilesTest : public ::testing::TestWithParam<bool> {
 protected:
  SnapshotFilesTest() {
    if (GetParam()) {
      auto disk = DiskSnapshotFiles::Open(directory_.path() + "/snapshots");
      CHECK_OK(disk.status());
      files_ = std::make_unique<DiskSnapshotFiles>(*std::move(disk));
    } else {
      files_ = std::make_unique<MemorySnapshotFiles>();
    }
  }

  TempDir directory_;
  std::unique_ptr<SnapshotFiles> files_;
};

TEST_P(SnapshotFilesTest, ReadsBackWhatWasAppended) {
  ASSERT_TRUE(files_->Append("a", "hello ").ok());
  ASSERT_TRUE(files_->Append("a", "world").ok());
  ASSERT_TRUE(files_->Sync("a").ok());
  EXPECT_EQ(files_->Size("a")->value(), 11u);
  EXPECT_EQ(*files_->Read("a", 4, 3), "o w");
  EXPECT_EQ(*files_->Read("a", 9, 100), "ld");
  EXPECT_EQ(*files_->Read("a", 11, 100), "");
  ASSERT_TRUE(files_->Truncate("a", 5).ok());
  EXPECT_EQ(*files_->Read("a", 0, 100), "hello");
}

TEST_P(SnapshotFilesTest, RenamesOverAndRemoves) {
  ASSERT_TRUE(files_->Append("b", "old").ok());
  ASSERT_TRUE(files_->Append("a", "new").ok());
  EXPECT_THAT(*files_->List(), ElementsAre("a", "b"));
  ASSERT_TRUE(files_->Sync("a").ok());
  ASSERT_TRUE(files_->Rename("a", "b").ok());
  EXPECT_EQ(*files_->Read("b", 0, 100), "new");
  EXPECT_FALSE(files_->Size("a")->has_value());
  ASSERT_TRUE(files_->Remove("b").ok());
  ASSERT_TRUE(files_->Remove("b").ok());
  EXPECT_THAT(*files_->List(), IsEmpty());
}

TEST_P(SnapshotFilesTest, AMissingFileIsNotFound) {
  EXPECT_EQ(files_->Read("a", 0, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(files_->Sync("a").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(files_->Rename("a", "b").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(files_->Truncate("a", 0).code(), absl::StatusCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Implementations, SnapshotFilesTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Disk" : "Memory"; });

TEST(SnapshotDiskTest, AMissingDirectoryIsMadeOrForReadingEmpty) {
  const TempDir directory;
  const std::string path = directory.path() + "/snapshots";
  EXPECT_THAT(*DiskSnapshotFiles::ReadOnly(path).List(), IsEmpty());
  ASSERT_TRUE(DiskSnapshotFiles::Open(path).ok());
  ASSERT_TRUE(DiskSnapshotFiles::Open(path)->Append("a", "x").ok());
  EXPECT_THAT(*DiskSnapshotFiles::ReadOnly(path).List(), ElementsAre("a"));
  EXPECT_FALSE(DiskSnapshotFiles::Open(path + "/missing/deeper").ok());
}

}  // namespace
}  // namespace quorate::storage
