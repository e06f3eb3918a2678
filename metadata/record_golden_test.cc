// Checks the bytes of every kind of record (testing/golden_records.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "metadata/record_builders.h"
#include "metadata/record_kind.h"
#include "metadata/replay.h"
#include "metadata/testing/golden_records.h"

namespace quorate::metadata {
namespace {

// The kinds that belong to no family.
const GoldenRecords kGolden([] {
  return std::vector<GoldenRecord>{
      {MakeNoOpRecord(), "0a00"},
      {MakeSnapshotHeaderRecord(RecordOffset(300), Epoch(7), 1'700'000'000'000),
       "5a0c08ac0210071880d095ffbc31"},
      {MakeSnapshotFooterRecord(300), "6a0308ac02"},
  };
});

TEST(RecordGoldenTest, RecordsAreWrittenAsThoseBytes) {
  for (const GoldenRecord& golden : GoldenRecords::All()) {
    EXPECT_EQ(absl::BytesToHexString(golden.record.SerializeAsString()), golden.hex)
        << golden.record.ShortDebugString();
  }
}

TEST(RecordGoldenTest, ThoseBytesAreReadAsTheRecords) {
  for (const GoldenRecord& golden : GoldenRecords::All()) {
    v1::Record record;
    ASSERT_TRUE(record.ParseFromString(absl::HexStringToBytes(golden.hex)));
    EXPECT_EQ(record.ShortDebugString(), golden.record.ShortDebugString());
  }
}

TEST(RecordGoldenTest, EveryKindIsPinned) {
  std::set<std::string> pinned;
  for (const GoldenRecord& golden : GoldenRecords::All()) {
    pinned.insert(RecordKindName(golden.record));
  }
  std::set<std::string> kinds;
  const auto* kind = v1::Record::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kind->field_count(); ++i) {
    kinds.insert(kind->field(i)->message_type()->name());
  }
  EXPECT_EQ(pinned, kinds);
}

// Returns how many records Kafka would write in place of this one.
int32_t KafkaRecordsOf(const v1::Record& record) {
  switch (record.kind_case()) {
    case v1::Record::kPartitions:
      return record.partitions().replica_counts_size();
    case v1::Record::kPartitionChanges:
      return record.partition_changes().partitions_size();
    case v1::Record::kRequestResult:
      return 0;
    default:
      return 1;
  }
}

// The counts of stored entries can never change. A new kind that takes other than one offset is
// listed above.
TEST(RecordGoldenTest, EachKindTakesTheOffsetsOfItsKafkaRecords) {
  for (const GoldenRecord& golden : GoldenRecords::All()) {
    v1::RecordBatch batch;
    *batch.add_records() = MakeNoOpRecord();
    *batch.add_records() = golden.record;
    EXPECT_EQ(CountRecords(batch), 1 + KafkaRecordsOf(golden.record))
        << golden.record.ShortDebugString();
  }
}

}  // namespace
}  // namespace quorate::metadata
