// Checks the texts of records and of images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/image_text.h"
#include "metadata/record_text.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const RequestResult kResult{.principal = "alice",
                            .request_id = {TestUuid(8), 5},
                            .method = "CreateTopics",
                            .request_hash = 0xab,
                            .items = {{.code = 36, .message = "is there", .topic_id = {}},
                                      {.code = 0, .message = "", .topic_id = TestUuid(1)},
                                      {.code = 4711, .message = "", .topic_id = {}}}};

BrokerRegistration Broker(int64_t epoch) {
  return {.id = BrokerId(2),
          .incarnation_id = TestUuid(9),
          .broker_epoch = epoch,
          .endpoint = {.host = "::1", .port = 9092},
          .rack = "east\n1",
          .endpoint_verified = true};
}

std::vector<NewPartition> Partitions() {
  return {{.replicas = {BrokerId(3), BrokerId(1)}, .isr_mask = 2, .leader_position = 1},
          {.replicas = {BrokerId(1), BrokerId(3)}, .isr_mask = 3}};
}

TEST(RecordTextTest, EveryKind) {
  EXPECT_EQ(RecordText(MakeNoOpRecord()), "NoOp");
  EXPECT_EQ(RecordText(MakeMetadataVersionRecord(1)), "MetadataVersion 1");
  EXPECT_EQ(RecordText(MakeTopicRecord("orders", TestUuid(1))),
            "Topic \"orders\" id=AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_EQ(RecordText(MakeRemoveTopicRecord(TestUuid(1))), "RemoveTopic AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_EQ(RecordText(MakePartitionsRecord(TestUuid(1), 4, Partitions())),
            "Partitions of AAAAAAAAAAAAAAAAAAAAAQ 4: leader=1 replicas=3,1 isr=1; "
            "5: leader=none replicas=1,3 isr=1,3");
  EXPECT_EQ(RecordText(MakePartitionChangesRecord(
                TestUuid(1),
                std::vector<PartitionChange>{{.partition = 0, .isr_mask = 6, .leader_position = 2},
                                             {.partition = 7, .isr_mask = 1}})),
            "PartitionChanges of AAAAAAAAAAAAAAAAAAAAAQ 0: leader=#2 isr=#1,#2; "
            "7: leader=none isr=#0");
  EXPECT_EQ(RecordText(MakeRegisterBrokerRecord(Broker(12))),
            "RegisterBroker 2 epoch=12 incarnation=AAAAAAAAAAAAAAAAAAAACQ endpoint=[::1]:9092 "
            "rack=\"east\\n1\" verified=yes");
  EXPECT_EQ(RecordText(MakeBrokerRegistrationChangeRecord(BrokerId(2), 12, {.fenced = false})),
            "BrokerRegistrationChange 2 epoch=12 fenced=no");
  EXPECT_EQ(RecordText(MakeBrokerRegistrationChangeRecord(BrokerId(2), 12,
                                                          {.in_controlled_shutdown = true})),
            "BrokerRegistrationChange 2 epoch=12 in_controlled_shutdown=yes");
  EXPECT_EQ(RecordText(MakeRequestResultRecord(kResult)),
            "RequestResult \"alice\" AAAAAAAAAAAAAAAAAAAACA/5 CreateTopics hash=00000000000000ab "
            "[TOPIC_ALREADY_EXISTS \"is there\", OK AAAAAAAAAAAAAAAAAAAAAQ, 4711]");
  EXPECT_EQ(RecordText(MakeConfigRecord(ConfigResourceType::kTopic, "orders", "segment.ms", "v")),
            "Config topic \"orders\" segment.ms=\"v\"");
  EXPECT_EQ(RecordText(MakeConfigRecord(ConfigResourceType::kTopic, "orders", "k", "v")),
            "Config topic \"orders\" k=(redacted)")
      << "a key that is not known may be a secret";
  EXPECT_EQ(RecordText(MakeConfigRecord(ConfigResourceType::kBroker, "2",
                                        "listener.name.a.ssl.key.password", "v")),
            "Config broker \"2\" listener.name.a.ssl.key.password=(redacted)");
  EXPECT_EQ(RecordText(MakeConfigRecord(ConfigResourceType::kBroker, "2", "k", std::nullopt)),
            "Config broker \"2\" k deleted");
  EXPECT_EQ(RecordText(MakeSnapshotHeaderRecord(RecordOffset(300), Epoch(7), 1000)),
            "SnapshotHeader end_offset=300 epoch=7 append_time_ms=1000");
  EXPECT_EQ(RecordText(MakeEvictedRequestsRecord("alice", TestUuid(8), 5)),
            "EvictedRequests of \"alice\" client=AAAAAAAAAAAAAAAAAAAACA highest_sequence=5");
  EXPECT_EQ(RecordText(MakeSnapshotFooterRecord(3)), "SnapshotFooter records=3");
}

TEST(RecordTextTest, LongListsAreCut) {
  EXPECT_EQ(RecordText(MakePartitionsRecord(TestUuid(1), 0, Partitions()), 1),
            "Partitions of AAAAAAAAAAAAAAAAAAAAAQ 0: leader=1 replicas=3,1 isr=1; and 1 more");
  EXPECT_EQ(RecordText(MakePartitionsRecord(TestUuid(1), 0, Partitions()), 0),
            "Partitions of AAAAAAAAAAAAAAAAAAAAAQ and 2 more");
}

TEST(RecordTextTest, MalformedRecordsHaveATextToo) {
  EXPECT_EQ(RecordText(v1::Record()), "a record of unknown kind: \"\"");
  v1::Record record;
  record.mutable_topic()->set_name("a\"\n");
  record.mutable_topic()->set_topic_id("abc");
  EXPECT_EQ(RecordText(record), "Topic \"a\\\"\\n\" id=(3 bytes)");
  record.mutable_partitions()->add_replica_counts(3);
  EXPECT_EQ(RecordText(record), "Partitions of (0 bytes) malformed: replica_counts: 3");
  record.mutable_partitions()->add_replicas(7);
  record.mutable_partitions()->add_isr_masks(0x80000001);
  record.mutable_partitions()->add_leader_positions(9);
  EXPECT_EQ(RecordText(record), "Partitions of (0 bytes) 0: leader=#8 replicas=7 isr=7,#31");
  record.mutable_partitions()->set_replica_counts(0, -3);
  EXPECT_EQ(RecordText(record), "Partitions of (0 bytes) 0: leader=#8 replicas= isr=#0,#31");
  record.mutable_partition_changes()->add_partitions(1);
  EXPECT_EQ(RecordText(record), "PartitionChanges of (0 bytes) malformed: partitions: 1");
}

TEST(ImageTextTest, EverythingInIt) {
  TestLog log;
  log.MustAppend({MakeMetadataVersionRecord(1)});
  log.MustAppend({MakeTopicRecord("b", TestUuid(1)),
                  MakePartitionsRecord(TestUuid(1), 0, Partitions()),
                  MakeTopicRecord("a", TestUuid(2)),
                  MakeConfigRecord(ConfigResourceType::kTopic, "b", "segment.ms", "v"),
                  MakeConfigRecord(ConfigResourceType::kBroker, "2", "sasl.jaas.config", "w"),
                  MakeRequestResultRecord(kResult)});
  log.MustAppend({MakeRegisterBrokerRecord(Broker(log.end_offset()))});
  EXPECT_EQ(ImageText(log.image()),
            R"(image end_offset=8 epoch=1 append_time_ms=1000003 metadata_version=1
broker 2 epoch=7 incarnation=AAAAAAAAAAAAAAAAAAAACQ endpoint=[::1]:9092 rack="east\n1" verified fenced
topic a id=AAAAAAAAAAAAAAAAAAAAAg partitions=0
topic b id=AAAAAAAAAAAAAAAAAAAAAQ partitions=2
  0 leader=1 replicas=3,1 isr=1 leader_epoch=0 partition_epoch=0
  1 leader=none replicas=1,3 isr=1,3 leader_epoch=0 partition_epoch=0
config topic b segment.ms="v"
config broker 2 sasl.jaas.config=(redacted)
request "alice" AAAAAAAAAAAAAAAAAAAACA/5 CreateTopics hash=00000000000000ab [TOPIC_ALREADY_EXISTS "is there", OK AAAAAAAAAAAAAAAAAAAAAQ, 4711]
)");
  EXPECT_EQ(ImageText(MetadataImage()),
            "image end_offset=0 epoch=0 append_time_ms=0 metadata_version=0\n");
}

TEST(RecordTextTest, IsOneLineWhateverTheRecordHolds) {
  BrokerRegistration broker = Broker(12);
  broker.endpoint.host = "b\n1";
  broker.details =
      BrokerDetails{.listeners = {{.name = "L\n", .endpoint = {.host = "l\n1", .port = 1}}}};
  RequestResult result = kResult;
  result.method = "a\nb";
  for (const v1::Record& record :
       {MakeTopicRecord("a\nb", TestUuid(1)), MakeRegisterBrokerRecord(broker),
        MakeRequestResultRecord(result),
        MakeConfigRecord(ConfigResourceType::kTopic, "a\nb", "c\nd", "e\nf")}) {
    EXPECT_THAT(RecordText(record), Not(HasSubstr("\n")));
  }
}

TEST(RecordTextTest, PartitionsMayGoBeyondTheHighestNumber) {
  v1::Record record = MakePartitionsRecord(TestUuid(1), 0, Partitions());
  record.mutable_partitions()->set_first_partition(2147483647);
  EXPECT_THAT(RecordText(record), HasSubstr("; 2147483648: leader=none"));
}

}  // namespace
}  // namespace quorate::metadata
