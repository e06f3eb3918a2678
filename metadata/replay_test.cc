#include "metadata/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Uuid kOrders = TestUuid(1);
const Uuid kOther = TestUuid(2);

BrokerRegistration Registration(int32_t id, int64_t epoch) {
  return {.id = BrokerId(id),
          .incarnation_id = TestUuid(static_cast<uint16_t>(100 + epoch)),
          .broker_epoch = epoch,
          .endpoint = {.host = "broker.example", .port = 9092},
          .rack = "r1",
          .endpoint_verified = true};
}

std::vector<NewPartition> Partitions(int count) {
  return std::vector<NewPartition>(
      static_cast<size_t>(count),
      {.replicas = {BrokerId(3), BrokerId(1), BrokerId(2)}, .isr_mask = 7, .leader_position = 0});
}

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() { log_.MustAppend({MakeMetadataVersionRecord(1)}); }

  const MetadataImage& image() const { return log_.image(); }
  void CreateOrders(int partitions) {
    log_.MustAppend({MakeTopicRecord("orders", kOrders),
                     MakePartitionsRecord(kOrders, 0, Partitions(partitions))});
  }
  PartitionView Orders(int32_t partition) const {
    return image().FindTopic(kOrders)->partition(partition);
  }
  // Appends one record that must be refused, and says with what.
  std::string Refuse(absl::StatusCode code, const v1::Record& record) {
    const absl::Status status = log_.Append({record});
    EXPECT_EQ(status.code(), code) << status;
    return std::string(status.message());
  }
  std::string Contradicts(const v1::Record& record) {
    return Refuse(absl::StatusCode::kFailedPrecondition, record);
  }
  std::string IsMalformed(const v1::Record& record) {
    return Refuse(absl::StatusCode::kDataLoss, record);
  }

  TestLog log_;
};

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
  EXPECT_EQ(std::string(status.message()), "TopicRecord at offset 7: a topic named orders exists");
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

TEST_F(ReplayTest, AMetadataVersionThatIsUnknownIsFatal) {
  Refuse(absl::StatusCode::kUnimplemented, MakeMetadataVersionRecord(kLatestMetadataVersion + 1));
  IsMalformed(MakeMetadataVersionRecord(0));
  EXPECT_TRUE(log_.Append({MakeMetadataVersionRecord(1)}).ok());
}

TEST_F(ReplayTest, ANewerProgramsRecordsAndFieldsAreFatal) {
  v1::Record record;
  // Kind 99, with a message of zero bytes.
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

TEST_F(ReplayTest, TopicsAreFoundByIdAndName) {
  CreateOrders(2);
  EXPECT_EQ(image().topic_count(), 1u);
  EXPECT_EQ(image().partition_count(), 2);
  EXPECT_EQ(image().FindTopic(kOrders)->name(), "orders");
  EXPECT_EQ(image().FindTopicByName("orders")->id(), kOrders);
  EXPECT_EQ(image().FindTopicByName("order"), nullptr);
  EXPECT_EQ(image().FindTopic(kOther), nullptr);
}

TEST_F(ReplayTest, TopicsThatContradictAreRefused) {
  CreateOrders(1);
  EXPECT_THAT(Contradicts(MakeTopicRecord("other", kOrders)), HasSubstr(kOrders.ToString()));
  EXPECT_THAT(Contradicts(MakeTopicRecord("orders", kOther)), HasSubstr("orders"));
  EXPECT_THAT(IsMalformed(MakeTopicRecord("a/b", kOther)), HasSubstr("a/b"));
  IsMalformed(MakeTopicRecord("other", Uuid()));
  v1::Record record = MakeTopicRecord("other", kOther);
  record.mutable_topic()->set_topic_id("short");
  EXPECT_THAT(IsMalformed(record), HasSubstr("5 bytes"));
}

TEST_F(ReplayTest, RemoveTopicTakesPartitionsAndConfigsAlong) {
  CreateOrders(2);
  log_.MustAppend({MakeConfigRecord(ConfigResourceType::kTopic, "orders", "retention.ms", "1000")});
  const TopicPtr held = image().FindTopic(kOrders);
  log_.MustAppend({MakeRemoveTopicRecord(kOrders)});
  EXPECT_EQ(image().FindTopic(kOrders), nullptr);
  EXPECT_EQ(image().FindTopicByName("orders"), nullptr);
  EXPECT_EQ(image().partition_count(), 0);
  EXPECT_TRUE(image().Configs(ConfigResourceType::kTopic, "orders").empty());
  EXPECT_EQ(held->partition_count(), 2);
  EXPECT_THAT(Contradicts(MakeRemoveTopicRecord(kOrders)), HasSubstr(kOrders.ToString()));
  log_.MustAppend({MakeTopicRecord("orders", kOther)});
  EXPECT_EQ(image().FindTopicByName("orders")->id(), kOther);
  EXPECT_EQ(image().FindTopicByName("orders")->partition_count(), 0);
}

TEST_F(ReplayTest, NewPartitions) {
  CreateOrders(1);
  const PartitionView view = Orders(0);
  EXPECT_EQ(view.index(), 0);
  EXPECT_THAT(view.replicas(), ElementsAre(3, 1, 2));
  EXPECT_THAT(view.Isr(), ElementsAre(BrokerId(3), BrokerId(1), BrokerId(2)));
  EXPECT_EQ(view.leader(), BrokerId(3));
  EXPECT_EQ(view.leader_position(), 0u);
  EXPECT_EQ(view.leader_epoch(), 0);
  EXPECT_EQ(view.partition_epoch(), 0);
  EXPECT_EQ(view.PositionOf(BrokerId(2)), 2u);
  EXPECT_EQ(view.PositionOf(BrokerId(4)), std::nullopt);
}

TEST_F(ReplayTest, PartitionsAreAddedBehindTheLastAcrossChunks) {
  CreateOrders(1);
  for (int first = 1; first < 200; first += 40) {
    log_.MustAppend({MakePartitionsRecord(
        kOrders, first,
        std::vector<NewPartition>(
            40,
            {.replicas = {BrokerId(first), BrokerId(7)}, .isr_mask = 2, .leader_position = 1}))});
  }
  ASSERT_EQ(image().FindTopic(kOrders)->partition_count(), 201);
  EXPECT_EQ(image().partition_count(), 201);
  for (int i = 1; i < 201; ++i) {
    EXPECT_EQ(Orders(i).index(), i);
    EXPECT_THAT(Orders(i).replicas(), ElementsAre((i - 1) / 40 * 40 + 1, 7));
    EXPECT_THAT(Orders(i).Isr(), ElementsAre(BrokerId(7)));
    EXPECT_EQ(Orders(i).leader(), BrokerId(7));
  }
  EXPECT_THAT(Orders(0).replicas(), ElementsAre(3, 1, 2));
}

TEST_F(ReplayTest, SnapshotsCarryEpochs) {
  v1::Record record = MakePartitionsRecord(kOrders, 0, Partitions(2));
  record.mutable_partitions()->add_leader_epochs(5);
  record.mutable_partitions()->add_leader_epochs(6);
  record.mutable_partitions()->add_partition_epochs(8);
  record.mutable_partitions()->add_partition_epochs(9);
  log_.MustAppend({MakeTopicRecord("orders", kOrders), record});
  EXPECT_EQ(Orders(0).leader_epoch(), 5);
  EXPECT_EQ(Orders(1).partition_epoch(), 9);
}

TEST_F(ReplayTest, PartitionsThatContradictAreRefused) {
  CreateOrders(2);
  EXPECT_THAT(Contradicts(MakePartitionsRecord(kOrders, 3, Partitions(1))),
              AllOf(HasSubstr("orders"), HasSubstr("2 partitions")));
  Contradicts(MakePartitionsRecord(kOrders, 0, Partitions(1)));
  EXPECT_THAT(Contradicts(MakePartitionsRecord(kOther, 0, Partitions(1))),
              HasSubstr(kOther.ToString()));
}

TEST_F(ReplayTest, MalformedPartitionsAreRefused) {
  CreateOrders(2);
  const auto with = [](auto change) {
    v1::Record record = MakePartitionsRecord(kOrders, 2, Partitions(2));
    change(*record.mutable_partitions());
    return record;
  };
  using Fields = v1::PartitionsRecord;
  IsMalformed(with([](Fields& f) { f.set_replica_counts(0, 0); }));
  IsMalformed(with([](Fields& f) { f.set_replica_counts(0, -1); }));
  IsMalformed(with([](Fields& f) { f.set_replica_counts(0, 33); }));
  IsMalformed(with([](Fields& f) { f.set_replica_counts(1, 4); }));
  IsMalformed(with([](Fields& f) { f.set_replica_counts(1, 2); }));
  IsMalformed(with([](Fields& f) { f.set_replicas(1, 3); }));
  IsMalformed(with([](Fields& f) { f.set_replicas(1, -1); }));
  IsMalformed(with([](Fields& f) { f.set_isr_masks(1, 0); }));
  IsMalformed(with([](Fields& f) { f.set_isr_masks(1, 8); }));
  IsMalformed(with([](Fields& f) { f.set_leader_positions(1, 4); }));
  IsMalformed(with([](Fields& f) { f.set_leader_positions(1, 300); }));
  IsMalformed(with([](Fields& f) {
    f.set_isr_masks(1, 3);
    f.set_leader_positions(1, 3);
  }));
  IsMalformed(with([](Fields& f) { f.add_isr_masks(7); }));
  IsMalformed(with([](Fields& f) { f.mutable_leader_positions()->RemoveLast(); }));
  IsMalformed(with([](Fields& f) { f.add_leader_epochs(1); }));
  IsMalformed(with([](Fields& f) {
    f.add_partition_epochs(1);
    f.add_partition_epochs(-1);
  }));
  EXPECT_TRUE(log_.Append({with([](Fields&) {})}).ok());
}

TEST_F(ReplayTest, AMaskOf32Replicas) {
  NewPartition partition{.replicas = {}, .isr_mask = 0xffffffff, .leader_position = 31};
  for (int i = 0; i < 32; ++i) partition.replicas.emplace_back(i);
  log_.MustAppend({MakeTopicRecord("orders", kOrders),
                   MakePartitionsRecord(kOrders, 0, std::vector<NewPartition>{partition})});
  EXPECT_EQ(Orders(0).isr_count(), 32u);
  EXPECT_EQ(Orders(0).leader(), BrokerId(31));
  EXPECT_TRUE(Orders(0).InIsr(BrokerId(31)));
}

TEST_F(ReplayTest, APartitionEpochGrowsWithEveryChangeALeaderEpochWithTheLeader) {
  CreateOrders(2);
  const auto change = [&](uint32_t mask, std::optional<size_t> leader) {
    log_.MustAppend({MakePartitionChangesRecord(
        kOrders, std::vector<PartitionChange>{
                     {.partition = 1, .isr_mask = mask, .leader_position = leader}})});
  };
  change(3, 0);  // The ISR shrinks: the leader leads on in its epoch (KAFKA-15021).
  EXPECT_EQ(Orders(1).partition_epoch(), 1);
  EXPECT_EQ(Orders(1).leader_epoch(), 0);
  EXPECT_THAT(Orders(1).Isr(), ElementsAre(BrokerId(3), BrokerId(1)));
  EXPECT_FALSE(Orders(1).InIsr(BrokerId(2)));
  change(2, 1);
  EXPECT_EQ(Orders(1).leader(), BrokerId(1));
  EXPECT_EQ(Orders(1).leader_epoch(), 1);
  change(2, std::nullopt);
  EXPECT_EQ(Orders(1).leader(), std::nullopt);
  EXPECT_EQ(Orders(1).leader_position(), std::nullopt);
  EXPECT_EQ(Orders(1).leader_epoch(), 2);
  change(2, 1);
  EXPECT_EQ(Orders(1).leader_epoch(), 3);
  change(2, 1);
  EXPECT_EQ(Orders(1).leader_epoch(), 3);
  EXPECT_EQ(Orders(1).partition_epoch(), 5);
  EXPECT_EQ(Orders(0).partition_epoch(), 0);
}

TEST_F(ReplayTest, PartitionChangesThatContradictAreRefused) {
  CreateOrders(2);
  const auto changes = [](std::vector<PartitionChange> list) {
    return MakePartitionChangesRecord(kOrders, list);
  };
  EXPECT_THAT(Contradicts(changes({{.partition = 2, .isr_mask = 1}})),
              AllOf(HasSubstr("orders"), HasSubstr("no partition 2")));
  Contradicts(changes({{.partition = 0, .isr_mask = 8}}));
  Contradicts(changes({{.partition = 0, .isr_mask = 0}}));
  Contradicts(changes({{.partition = 0, .isr_mask = 1, .leader_position = 1}}));
  Contradicts(changes({{.partition = 0, .isr_mask = 1, .leader_position = 3}}));
  IsMalformed(changes({{.partition = 1, .isr_mask = 1}, {.partition = 0, .isr_mask = 1}}));
  IsMalformed(changes({{.partition = 1, .isr_mask = 1}, {.partition = 1, .isr_mask = 1}}));
  IsMalformed(changes({{.partition = -1, .isr_mask = 1}}));
  v1::Record uneven = changes({{.partition = 0, .isr_mask = 1}});
  uneven.mutable_partition_changes()->add_isr_masks(1);
  IsMalformed(uneven);
}

TEST_F(ReplayTest, ABrokerStartsFenced) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  const BrokerRegistration* broker = image().FindBroker(BrokerId(3));
  ASSERT_NE(broker, nullptr);
  EXPECT_EQ(*broker, Registration(3, 1));
  EXPECT_TRUE(broker->fenced);
  EXPECT_FALSE(broker->active());
  EXPECT_EQ(image().FindBroker(BrokerId(1)), nullptr);
}

TEST_F(ReplayTest, ABrokersEpochIsItsRecordsOffset) {
  // Before it in the batch: three partitions, and a request result, which takes no offset.
  const auto batch = [&](int64_t epoch) {
    return std::vector<v1::Record>{MakeTopicRecord("orders", kOrders),
                                   MakePartitionsRecord(kOrders, 0, Partitions(3)),
                                   MakeRequestResultRecord({.request_id = {TestUuid(9), 1}}),
                                   MakeRegisterBrokerRecord(Registration(3, epoch))};
  };
  EXPECT_THAT(std::string(log_.Append(batch(6)).message()),
              AllOf(HasSubstr("RegisterBrokerRecord at offset 5"), HasSubstr("broker 3")));
  EXPECT_TRUE(log_.Append(batch(5)).ok());
  EXPECT_EQ(image().FindBroker(BrokerId(3))->broker_epoch, 5);
}

TEST_F(ReplayTest, MalformedRegistrationsAreRefused) {
  const auto with = [&](auto change) {
    v1::Record record = MakeRegisterBrokerRecord(Registration(3, log_.end_offset()));
    change(*record.mutable_register_broker());
    return record;
  };
  using Fields = v1::RegisterBrokerRecord;
  IsMalformed(with([](Fields& f) { f.set_broker_id(-1); }));
  IsMalformed(with([](Fields& f) { f.clear_incarnation_id(); }));
  IsMalformed(with([](Fields& f) { f.clear_endpoint(); }));
  IsMalformed(with([](Fields& f) { f.mutable_endpoint()->set_port(65536); }));
  EXPECT_TRUE(log_.Append({with([](Fields& f) { f.set_broker_id(0); })}).ok());
}

TEST_F(ReplayTest, ARegistrationChangesWhatIsSet) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  const auto change = [&](const BrokerChange& what) {
    log_.MustAppend({MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, what)});
    return *image().FindBroker(BrokerId(3));
  };
  EXPECT_TRUE(change({.fenced = false}).active());
  const BrokerRegistration stopping = change({.in_controlled_shutdown = true});
  EXPECT_FALSE(stopping.fenced);
  EXPECT_FALSE(stopping.active());
  EXPECT_TRUE(change({.fenced = true}).in_controlled_shutdown);
  EXPECT_EQ(change({}).endpoint, Registration(3, 1).endpoint);
}

TEST_F(ReplayTest, ARegistrationChangeNamesTheRegistration) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  EXPECT_THAT(Contradicts(MakeBrokerRegistrationChangeRecord(BrokerId(3), 2, {.fenced = false})),
              AllOf(HasSubstr("broker 3"), HasSubstr("epoch 1, not 2")));
  Contradicts(MakeBrokerRegistrationChangeRecord(BrokerId(4), 1, {.fenced = false}));
}

TEST_F(ReplayTest, ANewIncarnationReplacesTheOldOne) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  log_.MustAppend({MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, {.fenced = false})});
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 3))});
  EXPECT_EQ(*image().FindBroker(BrokerId(3)), Registration(3, 3));
  EXPECT_EQ(image().brokers().size(), 1u);
}

TEST_F(ReplayTest, ConfigsAreSetAndDeleted) {
  CreateOrders(1);
  const auto topic = ConfigResourceType::kTopic;
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", "1"),
                   MakeConfigRecord(topic, "orders", "b", ""),
                   MakeConfigRecord(ConfigResourceType::kBroker, "3", "a", "2")});
  EXPECT_THAT(image().Configs(topic, "orders"),
              ElementsAre(std::pair("a", "1"), std::pair("b", "")));
  EXPECT_THAT(image().Configs(ConfigResourceType::kBroker, "3"), ElementsAre(std::pair("a", "2")));
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", std::nullopt),
                   MakeConfigRecord(topic, "orders", "none", std::nullopt)});
  EXPECT_THAT(image().Configs(topic, "orders"), ElementsAre(std::pair("b", "")));
  log_.MustAppend({MakeConfigRecord(topic, "orders", "b", std::nullopt)});
  int resources = 0;
  image().ForEachConfiguredResource([&](auto, const auto& name, const auto&) {
    ++resources;
    EXPECT_EQ(name, "3");
  });
  EXPECT_EQ(resources, 1);
}

TEST_F(ReplayTest, ConfigsOfNothingAreRefused) {
  const auto topic = ConfigResourceType::kTopic;
  EXPECT_THAT(Contradicts(MakeConfigRecord(topic, "orders", "a", "1")), HasSubstr("orders"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "one", "a", "1"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "03", "a", "1"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "3", "", "1"));
  IsMalformed(MakeConfigRecord(static_cast<ConfigResourceType>(0), "3", "a", "1"));
  Refuse(absl::StatusCode::kUnimplemented,
         MakeConfigRecord(static_cast<ConfigResourceType>(16), "3", "a", "1"));
}

TEST_F(ReplayTest, ARequestResultIsRemembered) {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(9), 4},
                             .method = "quorate.admin.v1.AdminService/CreateTopics",
                             .request_hash = 77,
                             .items = {{.code = 36, .message = "exists", .topic_id = {}},
                                       {.code = 0, .message = "", .topic_id = kOrders}}};
  log_.MustAppend({MakeRequestResultRecord(result)});
  const RequestLookup lookup = image().FindRequest("alice", {TestUuid(9), 4});
  ASSERT_EQ(lookup.kind, RequestLookup::Kind::kKnown);
  EXPECT_EQ(*lookup.result, result);
  EXPECT_EQ(image().FindRequest("bob", {TestUuid(9), 4}).kind, RequestLookup::Kind::kNew);
  EXPECT_EQ(image().FindRequest("alice", {TestUuid(9), 3}).kind, RequestLookup::Kind::kNew);
  EXPECT_THAT(Contradicts(MakeRequestResultRecord(result)), HasSubstr("alice"));
  EXPECT_EQ(image().request_result_count(), 1u);
}

TEST_F(ReplayTest, MalformedRequestResultsAreRefused) {
  IsMalformed(MakeRequestResultRecord({.request_id = {TestUuid(9), 0}}));
  IsMalformed(MakeRequestResultRecord({.request_id = {Uuid(), 1}}));
  v1::Record record =
      MakeRequestResultRecord({.request_id = {TestUuid(9), 1}, .items = {RequestResult::Item()}});
  record.mutable_request_result()->mutable_items(0)->set_topic_id("x");
  IsMalformed(record);
}

}  // namespace
}  // namespace quorate::metadata
