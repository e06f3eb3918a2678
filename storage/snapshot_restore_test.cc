// Controllers that begin with a backup.
#include "storage/snapshot_restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/controller_log.h"
#include "storage/data_directory.h"
#include "storage/disk_snapshot_files.h"
#include "storage/file_io.h"
#include "storage/snapshot_names.h"
#include "storage/testing/node.h"
#include "storage/testing/snapshots.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SnapshotRestoreTest : public ::testing::Test {
 protected:
  SnapshotRestoreTest() {
    auto disk = DiskSnapshotFiles::Open(dir_.path());
    CHECK_OK(disk.status());
    SnapshotWriter writer(&*disk, meta_, "backup");
    for (const std::string& chunk : TestChunks()) CHECK_OK(writer.Append(chunk));
    CHECK_OK(writer.Finish());
  }

  std::string DirectoryOf(int node) const { return dir_.path() + "/node" + std::to_string(node); }
  absl::StatusOr<RestoreResult> Restore() {
    RestoreOrder order{.file = dir_.path() + "/backup",
                       .cluster_id = "cluster",
                       .principal = "maria",
                       .now_ms = 1800000000000};
    for (const int node : {1, 2, 3}) order.directories[NodeId(node)] = DirectoryOf(node);
    return RestoreSnapshot(order, rng_);
  }
  struct Restored {
    Uuid directory_id;
    raft::RestoredLog log;
    std::optional<raft::SnapshotMeta> snapshot;
  };
  // Returns what a controller finds when it starts.
  absl::StatusOr<Restored> Open(int node) {
    ASSIGN_OR_RETURN(
        const auto directory,
        DataDirectory::Open(DirectoryOf(node), {.cluster_id = "cluster", .node_id = node}, rng_));
    EXPECT_TRUE(directory->is_formatted());
    ASSIGN_OR_RETURN(const auto log, ControllerLog::Open(directory.get(), {}));
    Restored restored{.directory_id = directory->directory_id(), .log = log->TakeRestored()};
    ASSIGN_OR_RETURN(
        restored.snapshot,
        FindNewestSnapshot(DiskSnapshotFiles::ReadOnly(DirectoryOf(node) + "/" + kSnapshotsName),
                           Verify));
    return restored;
  }

  TempDir dir_;
  Rng rng_{1};
  const raft::SnapshotMeta meta_ = MakeMeta(100);
};

TEST_F(SnapshotRestoreTest, EachBeginsWithTheSnapshotAndTheSameVoters) {
  const auto result = Restore();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->snapshot, meta_);
  std::vector<raft::Voter> voters;
  for (const int node : {1, 2, 3}) {
    const auto restored = Open(node);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->snapshot, meta_);
    EXPECT_EQ(restored->log.start, meta_);
    EXPECT_EQ(restored->log.hard_state, raft::HardState{.epoch = result->entry->epoch()});
    ASSERT_NE(restored->log.last_entry, nullptr);
    EXPECT_EQ(restored->log.last_entry->encoded(), result->entry->encoded());
    voters.push_back({.key = {.node_id = NodeId(node), .directory_id = restored->directory_id}});
    EXPECT_EQ(*restored->log.LatestVoters(), *raft::VoterSet::Parse(result->entry->payload()));
    EXPECT_EQ(restored->log.founding_voters, *restored->log.LatestVoters());
  }
  EXPECT_EQ(*raft::VoterSet::Parse(result->entry->payload()), raft::VoterSet(voters));
}

TEST_F(SnapshotRestoreTest, TheLogSaysWhoWhenAndWhatInAFarEpoch) {
  const auto result = Restore();
  ASSERT_TRUE(result.ok()) << result.status();
  const raft::EntryHeader& header = result->entry->header();
  EXPECT_GE(header.epoch, Epoch(meta_.id.epoch.value() + kRestoreEpochGap));
  EXPECT_EQ(header.base_offset, RecordOffset(100));
  EXPECT_EQ(header.index, meta_.last_index + 1);
  EXPECT_EQ(header.append_time_ms, 1800000000000);
  EXPECT_EQ(header.principal, "maria");
  EXPECT_EQ(header.cause,
            "snapshot restore: controllers 1,2,3 begin with the snapshot of offset 100, epoch 7, "
            "from backup");
}

// Otherwise (epoch, offset) would identify entries of both.
TEST_F(SnapshotRestoreTest, TwoRestoresOfOneBackupHaveDifferentEpochs) {
  const auto first = Restore();
  ASSERT_TRUE(first.ok());
  for (const int node : {1, 2, 3}) fs::remove_all(DirectoryOf(node));
  const auto second = Restore();
  ASSERT_TRUE(second.ok());
  EXPECT_NE(first->entry->epoch(), second->entry->epoch());
}

TEST_F(SnapshotRestoreTest, ADamagedBackupIsRefusedAndNothingIsMade) {
  std::string bytes = **ReadFile(dir_.path() + "/backup");
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(ReplaceFile(dir_.path() + "/backup", bytes).ok());
  EXPECT_EQ(Restore().status().code(), absl::StatusCode::kDataLoss);
  bytes.resize(bytes.size() / 2);
  ASSERT_TRUE(ReplaceFile(dir_.path() + "/backup", bytes).ok());
  EXPECT_EQ(Restore().status().code(), absl::StatusCode::kDataLoss);
  fs::remove(dir_.path() + "/backup");
  EXPECT_EQ(Restore().status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(DirectoryOf(1)));
}

TEST_F(SnapshotRestoreTest, ADirectoryThatHoldsSomethingIsRefused) {
  ASSERT_TRUE(Restore().ok());
  const absl::Status again = Restore().status();
  EXPECT_EQ(again.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(again.message()), HasSubstr(DirectoryOf(1) + " holds a controller's"));

  for (const int node : {1, 2, 3}) fs::remove_all(DirectoryOf(node));
  fs::create_directory(DirectoryOf(3));
  std::ofstream(DirectoryOf(3) + "/notes") << "somebody's";
  EXPECT_EQ(Restore().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(DirectoryOf(1) + "/" + kSnapshotsName)) << "checked before it is written";
  // The directories that were created so far do not prevent another attempt.
  fs::remove_all(DirectoryOf(3));
  EXPECT_TRUE(Restore().ok());
}

}  // namespace
}  // namespace quorate::storage
