// Applies records in packed arrays to partitions, and checks which ones are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using PartitionsTest = ReplayTest;

const GoldenRecords kGolden([] {
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
  return std::vector<GoldenRecord>{
      {MakePartitionsRecord(topic, 0, partitions),
       "2a260a1000000000000000000000000000000a0b1a020302220603010200c8012a0205033202"
       "0300"},
      {with_epochs,
       "2a320a1000000000000000000000000000000a0b10071a020302220603010200c8012a020503"
       "320203003a0304ac02420305ad02"},
      {MakePartitionChangesRecord(topic, changes),
       "321f0a1000000000000000000000000000000a0b12030082011a02060122020200"},
  };
});

TEST_F(PartitionsTest, NewPartitions) {
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

TEST_F(PartitionsTest, PartitionsAreAddedBehindTheLastAcrossChunks) {
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

TEST_F(PartitionsTest, SnapshotsCarryEpochs) {
  v1::Record record = MakePartitionsRecord(kOrders, 0, Partitions(2));
  record.mutable_partitions()->add_leader_epochs(5);
  record.mutable_partitions()->add_leader_epochs(6);
  record.mutable_partitions()->add_partition_epochs(8);
  record.mutable_partitions()->add_partition_epochs(9);
  log_.MustAppend({MakeTopicRecord("orders", kOrders), record});
  EXPECT_EQ(Orders(0).leader_epoch(), 5);
  EXPECT_EQ(Orders(1).partition_epoch(), 9);
}

TEST_F(PartitionsTest, PartitionsThatContradictAreRefused) {
  CreateOrders(2);
  EXPECT_THAT(Contradicts(MakePartitionsRecord(kOrders, 3, Partitions(1))),
              AllOf(HasSubstr("orders"), HasSubstr("2 partitions")));
  Contradicts(MakePartitionsRecord(kOrders, 0, Partitions(1)));
  EXPECT_THAT(Contradicts(MakePartitionsRecord(kOther, 0, Partitions(1))),
              HasSubstr(kOther.ToString()));
}

TEST_F(PartitionsTest, MalformedPartitionsAreRefused) {
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

TEST_F(PartitionsTest, AMaskOf32Replicas) {
  NewPartition partition{.replicas = {}, .isr_mask = 0xffffffff, .leader_position = 31};
  for (int i = 0; i < 32; ++i) partition.replicas.emplace_back(i);
  log_.MustAppend({MakeTopicRecord("orders", kOrders),
                   MakePartitionsRecord(kOrders, 0, std::vector<NewPartition>{partition})});
  EXPECT_EQ(Orders(0).isr_count(), 32u);
  EXPECT_EQ(Orders(0).leader(), BrokerId(31));
  EXPECT_TRUE(Orders(0).InIsr(BrokerId(31)));
}

TEST_F(PartitionsTest, APartitionEpochGrowsWithEveryChangeALeaderEpochWithTheLeader) {
  CreateOrders(2);
  const auto change = [&](uint32_t mask, std::optional<size_t> leader) {
    log_.MustAppend({MakePartitionChangesRecord(
        kOrders, std::vector<PartitionChange>{
                     {.partition = 1, .isr_mask = mask, .leader_position = leader}})});
  };
  change(3, 0);  // The ISR shrinks; the leader keeps its epoch (KAFKA-15021).
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

TEST_F(PartitionsTest, PartitionChangesThatContradictAreRefused) {
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

}  // namespace
}  // namespace quorate::metadata
