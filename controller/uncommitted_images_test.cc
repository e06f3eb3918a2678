#include "controller/uncommitted_images.h"

#include <gtest/gtest.h>

#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using metadata::TestUuid;
using metadata::v1::RecordBatch;

// The metadata version is committed at offset 0 by replay.
class UncommittedImagesTest : public ::testing::Test {
 protected:
  UncommittedImagesTest() {
    const RecordBatch version = Batch(metadata::MakeMetadataVersionRecord(1));
    CHECK_OK(images_.Commit(*Entry(1, 0, version)));
  }

  static RecordBatch Batch(metadata::v1::Record record) {
    RecordBatch batch;
    *batch.add_records() = std::move(record);
    return batch;
  }
  static RecordBatch Topic(uint16_t n) {
    return Batch(metadata::MakeTopicRecord("t" + std::to_string(n), TestUuid(n)));
  }

  static raft::EntryPtr Entry(int32_t epoch, int64_t offset, const RecordBatch& batch) {
    return raft::Entry::Make({.epoch = Epoch(epoch),
                              .index = LogIndex(offset + 1),
                              .base_offset = RecordOffset(offset),
                              .append_time_ms = 1'000 + offset},
                             batch.SerializeAsString());
  }

  absl::Status Append(int32_t epoch, const RecordBatch& batch) {
    return images_.Append({.epoch = Epoch(epoch), .base_offset = images_.newest().end_offset()},
                          batch);
  }

  UncommittedImages images_;
};

TEST_F(UncommittedImagesTest, ADecisionIsSeenByTheNextAndNotYetCommitted) {
  CHECK_OK(Append(1, Topic(1)));
  EXPECT_NE(images_.newest().FindTopicByName("t1"), nullptr);
  EXPECT_EQ(images_.committed().FindTopicByName("t1"), nullptr);
}

TEST_F(UncommittedImagesTest, ASnapshotsImageReplacesWhatWasCommitted) {
  UncommittedImages other;
  CHECK_OK(images_.Commit(*Entry(1, 1, Topic(1))));
  other.Load(images_.committed());
  EXPECT_EQ(other.newest().end_offset(), RecordOffset(2));
  CHECK_OK(other.Commit(*Entry(1, 2, Topic(2))));
  EXPECT_NE(other.committed().FindTopicByName("t1"), nullptr);
  EXPECT_NE(other.committed().FindTopicByName("t2"), nullptr);
}

TEST_F(UncommittedImagesTest, WhatWasDecidedIsCommittedWithoutReplay) {
  CHECK_OK(Append(1, Topic(1)));
  CHECK_OK(Append(1, Topic(2)));
  const auto decided = images_.newest().FindTopicByName("t1");
  CHECK_OK(images_.Commit(*Entry(1, 1, Topic(1))));
  EXPECT_EQ(images_.committed().FindTopicByName("t1"),
            decided);  // the same object: it was not replayed
  EXPECT_EQ(images_.committed().FindTopicByName("t2"), nullptr);
  EXPECT_FALSE(images_.empty());
}

TEST_F(UncommittedImagesTest, TheLogSaysWhenAnEntryWasAppended) {
  CHECK_OK(Append(1, Topic(1)));
  CHECK_OK(images_.Commit(*Entry(1, 1, Topic(1))));
  EXPECT_EQ(images_.committed().last_append_time_ms(), 1'001);
  EXPECT_EQ(images_.committed().end_offset(), RecordOffset(2));
}

TEST_F(UncommittedImagesTest, LosingLeadershipGoesBackToWhatIsCommitted) {
  CHECK_OK(Append(1, Topic(1)));
  images_.Drop();
  EXPECT_EQ(images_.newest().FindTopicByName("t1"), nullptr);
  CHECK_OK(images_.Commit(*Entry(2, 1, Topic(7))));  // another leader's entry is replayed
  EXPECT_NE(images_.committed().FindTopicByName("t7"), nullptr);
}

TEST_F(UncommittedImagesTest, AnEntryThatWasNotDecidedIsAnError) {
  CHECK_OK(Append(1, Topic(1)));
  const absl::Status status = images_.Commit(*Entry(2, 1, Topic(1)));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "the entry committed at [1, 2) in epoch 2 is not the one decided, which ends at 2 in "
            "epoch 1");
}

TEST_F(UncommittedImagesTest, ABatchThatDoesNotReplayChangesNothing) {
  CHECK_OK(Append(1, Topic(1)));
  EXPECT_FALSE(Append(1, Topic(1)).ok());
  EXPECT_EQ(images_.newest().end_offset(), RecordOffset(2));
}

TEST_F(UncommittedImagesTest, OtherEntriesOnlyMoveThePosition) {
  CHECK_OK(images_.Commit(*raft::Entry::Make({.type = raft::EntryType::kBarrier,
                                              .epoch = Epoch(2),
                                              .index = LogIndex(2),
                                              .base_offset = RecordOffset(1)},
                                             "")));
  CHECK_OK(images_.Commit(*raft::Entry::Make({.type = raft::EntryType::kVoters,
                                              .epoch = Epoch(2),
                                              .index = LogIndex(3),
                                              .base_offset = RecordOffset(2)},
                                             "not records")));
  EXPECT_EQ(images_.committed().end_offset(), RecordOffset(3));
  EXPECT_EQ(images_.committed().last_epoch(), Epoch(2));
}

}  // namespace
}  // namespace quorate::controller
