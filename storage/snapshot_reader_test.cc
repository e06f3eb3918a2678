#include "storage/snapshot_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::HasSubstr;

const raft::SnapshotMeta kMeta = MakeMeta(500);

class SnapshotReaderTest : public ::testing::Test {
 protected:
  SnapshotReaderTest() { CHECK_OK(WriteSnapshot(files_, kMeta)); }
  size_t FileBytes() const { return files_.Size(SnapshotName(kMeta.id))->value(); }

  MemorySnapshotFiles files_;
};

TEST_F(SnapshotReaderTest, AMissingSnapshotIsNotFound) {
  const auto reader = SnapshotReader::Open(&files_, MakeMeta(501).id);
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(reader.status().message()), HasSubstr("501-0000000007.snapshot"));
}

TEST_F(SnapshotReaderTest, EveryFlippedBitIsFoundAndNothingBehindItIsServed) {
  const std::string name = SnapshotName(kMeta.id);
  for (size_t bit = 0; bit < FileBytes() * 8; bit += 5) {
    files_.FlipBit(name, bit);
    const auto chunks = ReadChunks(files_, kMeta.id);
    ASSERT_EQ(chunks.status().code(), absl::StatusCode::kDataLoss) << bit << chunks.status();
    ASSERT_THAT(std::string(chunks.status().message()), HasSubstr(name));
    files_.FlipBit(name, bit);
  }
  EXPECT_TRUE(ReadChunks(files_, kMeta.id).ok());
}

TEST_F(SnapshotReaderTest, EveryCutIsFound) {
  const std::string name = SnapshotName(kMeta.id);
  const std::string bytes = *files_.Read(name, 0, 1 << 20);
  for (size_t size = 0; size < bytes.size(); size += 7) {
    ASSERT_TRUE(files_.Truncate(name, size).ok());
    ASSERT_EQ(ReadChunks(files_, kMeta.id).status().code(), absl::StatusCode::kDataLoss) << size;
    ASSERT_TRUE(files_.Append(name, bytes.substr(size)).ok());
  }
  ASSERT_TRUE(files_.Append(name, "x").ok());
  EXPECT_EQ(ReadChunks(files_, kMeta.id).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SnapshotReaderTest, ASnapshotUnderAnotherNameIsRefused) {
  ASSERT_TRUE(files_.Rename(SnapshotName(kMeta.id), SnapshotName(MakeMeta(501).id)).ok());
  const auto reader = SnapshotReader::Open(&files_, MakeMeta(501).id);
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SnapshotReaderTest, FramesAreReadWhereTheyBeginAndNowhereElse) {
  const auto frames = Frames(files_, kMeta.id);
  EXPECT_EQ(frames.size(), TestChunks().size() + 2);
  const auto reader = SnapshotReader::Open(&files_, kMeta.id);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(*reader->ReadFrame(frames[0].size()), frames[1]);
  EXPECT_EQ(reader->ReadFrame(frames[0].size() + 1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(reader->ReadFrame(reader->size()).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::storage
