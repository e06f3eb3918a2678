// The bytes of every kind of record. They are on disk permanently: a change to this file that does
// more than add lines changes the format of the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "metadata/record_builders.h"
#include "metadata/record_kind.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

struct Golden {
  v1::Record record;
  std::string hex;
};

std::vector<Golden> Goldens() {
  const Uuid topic = TestUuid(0x0a0b);
  const std::vector<NewPartition> partitions = {
      {.replicas = {BrokerId(3), BrokerId(1), BrokerId(2)}, .isr_mask = 5, .leader_position = 2},
      {.replicas = {BrokerId(0), BrokerId(200)}, .isr_mask = 3, .leader_position = std::nullopt}};
  v1::Record with_epochs = MakePartitionsRecord(topic, 7, partitions);
  for (const int32_t epoch : {4, 300}) {
    with_epochs.mutable_partitions()->add_leader_epochs(epoch);
    with_epochs.mutable_partitions()->add_partition_epochs(epoch + 1);
  }
  const std::vector<PartitionChange> changes = {
      {.partition = 0, .isr_mask = 6, .leader_position = 1},
      {.partition = 130, .isr_mask = 1, .leader_position = std::nullopt}};
  const BrokerRegistration broker{.id = BrokerId(2),
                                  .incarnation_id = TestUuid(9),
                                  .broker_epoch = 1000,
                                  .endpoint = {.host = "b2", .port = 9092},
                                  .rack = "r",
                                  .endpoint_verified = true};
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(8), 5},
                             .method = "CreateTopics",
                             .request_hash = 0x0102030405060708,
                             .items = {{.code = 36, .message = "exists", .topic_id = {}},
                                       {.code = 0, .message = "", .topic_id = topic}}};
  return {
      {MakeNoOpRecord(), "0a00"},
      {MakeMetadataVersionRecord(1), "12020801"},
      {MakeTopicRecord("orders", topic),
       "1a1a0a066f7264657273121000000000000000000000000000000a0b"},
      {MakeRemoveTopicRecord(topic), "22120a1000000000000000000000000000000a0b"},
      {MakePartitionsRecord(topic, 0, partitions),
       "2a260a1000000000000000000000000000000a0b1a020302220603010200c8012a0205033202"
       "0300"},
      {with_epochs,
       "2a320a1000000000000000000000000000000a0b10071a020302220603010200c8012a020503"
       "320203003a0304ac02420305ad02"},
      {MakePartitionChangesRecord(topic, changes),
       "321f0a1000000000000000000000000000000a0b12030082011a02060122020200"},
      {MakeRegisterBrokerRecord(broker),
       "3a25080212100000000000000000000000000000000918e80722070a0262321084472a017230"
       "01"},
      {MakeBrokerRegistrationChangeRecord(BrokerId(0), 1000, {}), "420310e807"},
      {MakeBrokerRegistrationChangeRecord(BrokerId(2), 1000,
                                          {.fenced = false, .in_controlled_shutdown = true}),
       "4209080210e80718002001"},
      {MakeRequestResultRecord(result),
       "4a540a05616c69636512140a100000000000000000000000000000000810051a0c4372656174"
       "65546f706963732108070605040302012a0a082412066578697374732a121a10000000000000"
       "00000000000000000a0b"},
      {MakeConfigRecord(ConfigResourceType::kTopic, "orders", "k", "v"),
       "5210080212066f72646572731a016b220176"},
      {MakeConfigRecord(ConfigResourceType::kTopic, "orders", "k", ""),
       "520f080212066f72646572731a016b2200"},
      {MakeConfigRecord(ConfigResourceType::kBroker, "2", "k", std::nullopt),
       "520808041201321a016b"},
      {MakeSnapshotHeaderRecord(RecordOffset(300), Epoch(7), 1'700'000'000'000),
       "5a0c08ac0210071880d095ffbc31"},
      {MakeEvictedRequestsRecord("alice", TestUuid(8), 5),
       "621b0a05616c6963651210000000000000000000000000000000081805"},
      {MakeSnapshotFooterRecord(300), "6a0308ac02"},
  };
}

TEST(RecordGoldenTest, RecordsAreWrittenAsThoseBytes) {
  for (const Golden& golden : Goldens()) {
    EXPECT_EQ(absl::BytesToHexString(golden.record.SerializeAsString()), golden.hex)
        << golden.record.ShortDebugString();
  }
}

TEST(RecordGoldenTest, ThoseBytesAreReadAsTheRecords) {
  for (const Golden& golden : Goldens()) {
    v1::Record record;
    ASSERT_TRUE(record.ParseFromString(absl::HexStringToBytes(golden.hex)));
    EXPECT_EQ(record.ShortDebugString(), golden.record.ShortDebugString());
  }
}

TEST(RecordGoldenTest, EveryKindIsPinned) {
  std::set<std::string> pinned;
  for (const Golden& golden : Goldens()) pinned.insert(RecordKindName(golden.record));
  std::set<std::string> kinds;
  const auto* kind = v1::Record::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kind->field_count(); ++i) {
    kinds.insert(kind->field(i)->message_type()->name());
  }
  EXPECT_EQ(pinned, kinds);
}

}  // namespace
}  // namespace quorate::metadata
