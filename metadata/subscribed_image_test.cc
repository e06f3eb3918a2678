#include "metadata/subscribed_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "metadata/snapshot_encoder.h"
#include "metadata/state_hash.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;

class SubscribedImageTest : public ReplayTest {
 protected:
  SubscribedImageTest() {
    CreateOrders(200);
    for (const std::string& chunk : ChunksOf(image())) {
      chunks_.emplace_back();
      chunks_.back().set_epoch(image().last_epoch().value());
      chunks_.back().set_end_offset(image().end_offset().value());
      chunks_.back().set_data(chunk);
      chunks_.back().set_position(position_);
      position_ += 100;
      chunks_.back().set_next_position(position_);
    }
    chunks_.back().set_last(true);
  }

  static std::vector<std::string> ChunksOf(const MetadataImage& image) {
    SnapshotEncoder encoder(image, /*chunk_bytes=*/200);
    std::vector<std::string> chunks;
    while (const std::optional<std::string> chunk = encoder.Next()) chunks.push_back(*chunk);
    return chunks;
  }

  int64_t position_ = 100;
  std::vector<v1::SnapshotChunk> chunks_;
  SubscribedImage state_;
};

TEST_F(SubscribedImageTest, ReplaysBatches) {
  v1::RecordBatch records;
  *records.add_records() = MakeMetadataVersionRecord(1);
  v1::Batch batch;
  batch.set_epoch(1);
  batch.set_record_count(1);
  batch.set_records(records.SerializeAsString());
  ASSERT_TRUE(state_.Add(batch).ok());
  EXPECT_EQ(state_.image().end_offset(), RecordOffset(1));
  EXPECT_EQ(state_.image().metadata_version(), 1u);
}

TEST_F(SubscribedImageTest, ABatchThatDoesNotContinueTheImageIsRefused) {
  v1::Batch batch;
  batch.set_epoch(1);
  batch.set_base_offset(5);
  batch.set_record_count(1);
  const absl::Status status = state_.Add(batch);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("the next offset is 0"));
}

TEST_F(SubscribedImageTest, ASnapshotTakesEffectWithItsLastChunk) {
  ASSERT_GT(chunks_.size(), 2u);
  for (const v1::SnapshotChunk& chunk : chunks_) {
    EXPECT_EQ(state_.image().end_offset(), RecordOffset(0));
    ASSERT_TRUE(state_.Add(chunk).ok());
  }
  EXPECT_EQ(StateHash(state_.image()), StateHash(image()));
}

TEST_F(SubscribedImageTest, ASnapshotThatBrokeOffMayBeginAgain) {
  ASSERT_TRUE(state_.Add(chunks_[0]).ok());
  ASSERT_TRUE(state_.Add(chunks_[1]).ok());
  for (const v1::SnapshotChunk& chunk : chunks_) ASSERT_TRUE(state_.Add(chunk).ok());
  EXPECT_EQ(StateHash(state_.image()), StateHash(image()));
}

TEST_F(SubscribedImageTest, ASnapshotOfAnotherPositionIsRefused) {
  for (v1::SnapshotChunk& chunk : chunks_) chunk.set_end_offset(7);
  absl::Status status;
  for (const v1::SnapshotChunk& chunk : chunks_) status = state_.Add(chunk);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(state_.image().end_offset(), RecordOffset(0));
}

}  // namespace
}  // namespace quorate::metadata
