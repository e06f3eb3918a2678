#include "storage/snapshot_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const raft::SnapshotMeta kMeta = MakeMeta(500);

TEST(SnapshotWriterTest, WhatIsFinishedIsReadAndSurvivesACrash) {
  MemorySnapshotFiles files;
  ASSERT_TRUE(WriteSnapshot(files, kMeta).ok());
  EXPECT_THAT(*files.List(), ElementsAre("00000000000000000500-0000000007.snapshot"));
  files.Crash();
  EXPECT_EQ(*ReadChunks(files, kMeta.id), TestChunks());
  EXPECT_EQ(SnapshotReader::Open(&files, kMeta.id)->meta(), kMeta);
}

TEST(SnapshotWriterTest, WhatIsNotFinishedIsRemoved) {
  MemorySnapshotFiles files;
  {
    SnapshotWriter writer(&files, kMeta);
    ASSERT_TRUE(writer.Append("abc").ok());
    EXPECT_THAT(*files.List(), ElementsAre("00000000000000000500-0000000007.snapshot.writing"));
  }
  EXPECT_THAT(*files.List(), IsEmpty());
}

TEST(SnapshotWriterTest, AFullDiskIsAnErrorAndLeavesNothing) {
  MemorySnapshotFiles files;
  files.SetCapacity(2000);
  EXPECT_EQ(WriteSnapshot(files, kMeta).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(*files.List(), IsEmpty());
}

// KAFKA-15312: whatever a crash leaves, a file under the final name is complete.
TEST(SnapshotWriterTest, ACrashBeforeAnyStepLeavesAWholeSnapshotOrNone) {
  int whole = 0;
  for (size_t calls = 0; calls < 12; ++calls) {
    for (const size_t kept_bytes : {size_t{0}, size_t{50}, size_t{1} << 20}) {
      MemorySnapshotFiles files;
      files.FailAfter(calls);
      const bool ok = WriteSnapshot(files, kMeta).ok();
      files.Crash(kept_bytes);
      const auto ids = ListSnapshots(files);
      ASSERT_EQ(ids->size(), ok ? 1u : 0u) << calls;
      if (!ok) continue;
      ++whole;
      EXPECT_EQ(*ReadChunks(files, kMeta.id), TestChunks());
    }
  }
  EXPECT_GT(whole, 0);
}

TEST(SnapshotWriterTest, WhatACrashLeftIsInNobodysWay) {
  MemorySnapshotFiles files;
  files.FailAfter(3);
  ASSERT_FALSE(WriteSnapshot(files, kMeta).ok());
  files.Crash(10);
  ASSERT_EQ(files.List()->size(), 1u);
  ASSERT_TRUE(WriteSnapshot(files, kMeta).ok());
  EXPECT_EQ(*ReadChunks(files, kMeta.id), TestChunks());
}

}  // namespace
}  // namespace quorate::storage
