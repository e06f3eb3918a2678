#include "metadata/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ReplayTest, ABatchMovesThePosition) {
  MetadataImage empty;
  EXPECT_EQ(empty.end_offset(), RecordOffset(0));
  EXPECT_EQ(empty.last_epoch(), Epoch(0));
  v1::RecordBatch batch;
  *batch.add_records() = MakeMetadataVersionRecord(1);
  *batch.add_records() = MakeNoOpRecord();
  const auto image = Replay(
      empty,
      {.epoch = Epoch(3), .base_offset = RecordOffset(0), .record_count = 2, .append_time_ms = 77},
      batch);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->end_offset(), RecordOffset(2));
  EXPECT_EQ(image->last_epoch(), Epoch(3));
  EXPECT_EQ(image->last_append_time_ms(), 77);
  EXPECT_EQ(image->metadata_version(), 1u);
  EXPECT_EQ(empty.metadata_version(), 0u);
}

TEST_F(ReplayTest, AnEmptyPayloadTakesOneOffset) {
  const auto image =
      ReplayPayload(MetadataImage(), {.epoch = Epoch(1), .base_offset = RecordOffset(0)}, "");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->end_offset(), RecordOffset(1));
  EXPECT_EQ(image->last_epoch(), Epoch(1));
}

TEST_F(ReplayTest, APayloadIsItsSerializedBatch) {
  v1::RecordBatch batch;
  *batch.add_records() = MakeMetadataVersionRecord(1);
  const BatchPosition position{.epoch = Epoch(1), .base_offset = RecordOffset(0)};
  const auto image = ReplayPayload(MetadataImage(), position, batch.SerializeAsString());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->metadata_version(), 1u);
  const auto damaged = ReplayPayload(MetadataImage(), position, "\x0a\xff");
  EXPECT_EQ(damaged.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(damaged.status().message()), HasSubstr("offset 0"));
}

TEST_F(ReplayTest, CountsWhatKafkaWouldCount) {
  v1::RecordBatch batch;
  EXPECT_EQ(CountRecords(batch), 1);
  *batch.add_records() = MakeRequestResultRecord({.request_id = {TestUuid(9), 1}});
  EXPECT_EQ(CountRecords(batch), 1);
  *batch.add_records() = MakeTopicRecord("orders", kOrders);
  EXPECT_EQ(CountRecords(batch), 1);
  *batch.add_records() = MakePartitionsRecord(kOrders, 0, Partitions(70));
  EXPECT_EQ(CountRecords(batch), 71);
  *batch.add_records() = MakePartitionChangesRecord(
      kOrders, std::vector<PartitionChange>{{.partition = 3, .isr_mask = 1},
                                            {.partition = 5, .isr_mask = 1}});
  EXPECT_EQ(CountRecords(batch), 73);
}

// Kafka limits a batch to 10,000 records and 8 MiB. An entry may stand for more, and its count
// reserves an offset for each of them.
TEST_F(ReplayTest, ABatchMayStandForMoreRecordsThanOneOfKafkas) {
  const std::vector<NewPartition> partitions = Partitions(25'000);
  std::vector<PartitionChange> changes;
  for (int32_t i = 0; i < 25'000; ++i) changes.push_back({.partition = i, .isr_mask = 1});
  v1::RecordBatch batch;
  *batch.add_records() = MakeMetadataVersionRecord(1);
  *batch.add_records() = MakeTopicRecord("orders", kOrders);
  *batch.add_records() = MakePartitionsRecord(kOrders, 0, partitions);
  *batch.add_records() = MakePartitionChangesRecord(kOrders, changes);
  *batch.add_records() = MakeRequestResultRecord({.request_id = {TestUuid(9), 1}});
  EXPECT_EQ(CountRecords(batch), 50'002);
  const auto image =
      Replay(MetadataImage(),
             {.epoch = Epoch(1), .base_offset = RecordOffset(0), .record_count = 50'002}, batch);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->end_offset(), RecordOffset(50'002));
}

TEST_F(ReplayTest, ACountOtherThanTheRecordsIsRefused) {
  v1::RecordBatch batch;
  *batch.add_records() = MakeNoOpRecord();
  const auto image =
      Replay(MetadataImage(),
             {.epoch = Epoch(1), .base_offset = RecordOffset(0), .record_count = 2}, batch);
  EXPECT_EQ(image.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReplayTest, EpochsDoNotGoBack) {
  log_.NewEpoch();
  log_.MustAppend({MakeNoOpRecord()});
  const auto image = ReplayPayload(
      log_.image(), {.epoch = Epoch(1), .base_offset = log_.image().end_offset()}, "");
  EXPECT_EQ(image.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReplayTest, AnErrorLeavesTheImageAndNamesRecordOffsetAndThing) {
  CreateOrders(2);
  const RecordOffset before = image().end_offset();
  ASSERT_EQ(before, RecordOffset(4));
  const absl::Status status =
      log_.Append({MakeTopicRecord("other", kOther), MakePartitionsRecord(kOther, 0, Partitions(2)),
                   MakeTopicRecord("orders", TestUuid(3))});
  EXPECT_EQ(std::string(status.message()),
            "TopicRecord at offset 7: a topic named orders already exists");
  EXPECT_EQ(image().end_offset(), before);
  EXPECT_EQ(image().FindTopic(kOther), nullptr);
}

TEST_F(ReplayTest, TheMetadataVersionComesFirst) {
  TestLog log;
  EXPECT_EQ(log.Append({MakeTopicRecord("orders", kOrders)}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(log.Append({MakeNoOpRecord()}).ok());
  EXPECT_TRUE(log.Append({MakeMetadataVersionRecord(1), MakeTopicRecord("orders", kOrders)}).ok());
}

TEST_F(ReplayTest, ANewerProgramsRecordsAndFieldsAreFatal) {
  v1::Record record;
  // Kind 99 with an empty message.
  ASSERT_TRUE(record.ParseFromString(std::string("\x9a\x06\x00", 3)));
  EXPECT_THAT(Refuse(absl::StatusCode::kUnimplemented, record), HasSubstr("unknown kind"));
  IsMalformed(v1::Record());

  v1::Record topic = MakeTopicRecord("orders", kOrders);
  topic.mutable_topic()
      ->GetReflection()
      ->MutableUnknownFields(topic.mutable_topic())
      ->AddVarint(9, 1);
  EXPECT_THAT(Refuse(absl::StatusCode::kUnimplemented, topic), HasSubstr("TopicRecord"));

  v1::Record result =
      MakeRequestResultRecord({.request_id = {TestUuid(9), 1}, .items = {RequestResult::Item()}});
  auto* item = result.mutable_request_result()->mutable_items(0);
  item->GetReflection()->MutableUnknownFields(item)->AddVarint(9, 1);
  Refuse(absl::StatusCode::kUnimplemented, result);
}

}  // namespace
}  // namespace quorate::metadata
