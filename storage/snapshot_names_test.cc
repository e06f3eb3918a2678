#include "storage/snapshot_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory_snapshot_files.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(SnapshotDirectoryTest, NamesSortAsTheSnapshotsDoAndNothingElseIsOne) {
  const raft::SnapshotId id = MakeMeta(1234).id;
  EXPECT_EQ(SnapshotName(id), "00000000000000001234-0000000007.snapshot");
  EXPECT_EQ(ParseSnapshotName(SnapshotName(id)), id);
  EXPECT_LT(SnapshotName(MakeMeta(999).id), SnapshotName(MakeMeta(1000).id));
  for (const char* name :
       {"", "x", "00000000000000001234-0000000007.snapshot.writing",
        "-0000000000000001234-0000000007.snapshot", "0000000000000000123x-0000000007.snapshot",
        "00000000000000001234-9999999999.snapshot", "00000000000000001234_0000000007.snapshot"}) {
    EXPECT_FALSE(ParseSnapshotName(name).has_value()) << name;
  }
}

TEST(SnapshotDirectoryTest, TheNewestValidOneIsFound) {
  MemorySnapshotFiles files;
  EXPECT_FALSE(FindNewestSnapshot(files, Verify)->has_value());
  ASSERT_TRUE(WriteSnapshot(files, MakeMeta(100)).ok());
  ASSERT_TRUE(WriteSnapshot(files, MakeMeta(200)).ok());
  EXPECT_THAT(*ListSnapshots(files), ElementsAre(MakeMeta(100).id, MakeMeta(200).id));
  EXPECT_EQ(FindNewestSnapshot(files, Verify)->value(), MakeMeta(200));
  files.FlipBit(SnapshotName(MakeMeta(200).id), 2000);
  EXPECT_EQ(FindNewestSnapshot(files, Verify)->value(), MakeMeta(100));
  files.FlipBit(SnapshotName(MakeMeta(100).id), 1);
  EXPECT_FALSE(FindNewestSnapshot(files, Verify)->has_value());
}

// Using an older snapshot would only hide the problem.
TEST(SnapshotDirectoryTest, WhatANewerProgramWroteIsNotPassedOver) {
  MemorySnapshotFiles files;
  ASSERT_TRUE(WriteSnapshot(files, MakeMeta(100)).ok());
  ASSERT_TRUE(WriteSnapshot(files, MakeMeta(200)).ok());
  const auto newer = [](SnapshotReader& /*reader*/) {
    return absl::UnimplementedError("a record");
  };
  EXPECT_EQ(FindNewestSnapshot(files, newer).status().code(), absl::StatusCode::kUnimplemented);
}

TEST(SnapshotDirectoryTest, TheNewestThreeAreKeptAndWhatIsUnfinishedOfNewerOnes) {
  MemorySnapshotFiles files;
  for (const int64_t end_offset : {100, 200, 300, 350}) {
    ASSERT_TRUE(WriteSnapshot(files, MakeMeta(end_offset)).ok());
    ASSERT_TRUE(files.Append(WritingName(MakeMeta(end_offset).id), "x").ok());
    ASSERT_TRUE(files.Append(ReceivingName(MakeMeta(end_offset).id), "x").ok());
  }
  ASSERT_TRUE(files.Append(WritingName(MakeMeta(400).id), "x").ok());
  ASSERT_TRUE(files.Append(ReceivingName(MakeMeta(400).id), "x").ok());
  ASSERT_TRUE(files.Append("somebody's notes", "x").ok());
  ASSERT_TRUE(RemoveOldSnapshots(files).ok());
  EXPECT_THAT(*files.List(),
              UnorderedElementsAre(SnapshotName(MakeMeta(200).id), SnapshotName(MakeMeta(300).id),
                                   SnapshotName(MakeMeta(350).id), WritingName(MakeMeta(400).id),
                                   ReceivingName(MakeMeta(400).id), "somebody's notes"));
}

TEST(SnapshotDirectoryTest, WithoutACompleteOneNothingIsRemoved) {
  MemorySnapshotFiles files;
  ASSERT_TRUE(RemoveOldSnapshots(files).ok());
  ASSERT_TRUE(files.Append(ReceivingName(MakeMeta(100).id), "x").ok());
  ASSERT_TRUE(RemoveOldSnapshots(files).ok());
  EXPECT_EQ(files.List()->size(), 1u);
}

}  // namespace
}  // namespace quorate::storage
