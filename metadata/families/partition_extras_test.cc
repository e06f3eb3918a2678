// Replays extras, log directories, new replicas and leader epoch bumps of partitions, and checks
// the bytes and the texts of their records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

#include "metadata/record_text.h"
#include "metadata/testing/extras_fixture.h"
#include "metadata/testing/golden_records.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const GoldenRecords kGolden([] {
  const Uuid topic = TestUuid(0x0a0b);
  const std::vector<NewPartition> partitions = {
      {.replicas = Ids({3, 1}), .isr_mask = 3, .leader_position = 0}, RarePartition()};
  const std::vector<PartitionChange> changes = {{.partition = 0,
                                                 .isr_mask = 1,
                                                 .leader_position = 0,
                                                 .bumps_leader_epoch = true,
                                                 .replicas = {},
                                                 .extras = PartitionExtras(),
                                                 .directories = {kNoDirectory, kB}},
                                                {.partition = 130,
                                                 .isr_mask = 2,
                                                 .leader_position = 1,
                                                 .replicas = Ids({7, 300}),
                                                 .extras = PartitionExtras{.recovering = true},
                                                 .directories = {kA, kB}}};
  return std::vector<GoldenRecord>{
      {MakePartitionsRecord(topic, 7, partitions),
       "2a5c0a1000000000000000000000000000000a0b10071a020203220503010301022a0203053202010"
       "14a0a08081004180220022803522000000000000000000000000000001000000000000000000000000000"
       "000020005a050000010002"},
      {MakePartitionChangesRecord(topic, changes),
       "325c0a1000000000000000000000000000000a0b12030082011a020102220201022a010032020002"
       "3a0307ac024200420508820130014a20000000000000000000000000000020000000000000000000"
       "0000000000001000520400010201"},
  };
});

TEST_F(PartitionExtrasTest, NewPartitions) {
  CreateRare(1);
  const PartitionView rare = Orders(1);
  EXPECT_EQ(rare.adding_mask(), 0b100u);
  EXPECT_EQ(rare.removing_mask(), 0b010u);
  EXPECT_EQ(rare.elr_mask(), 0b010u);
  EXPECT_THAT(rare.ReplicasIn(rare.elr_mask()), ElementsAre(BrokerId(1)));
  EXPECT_EQ(rare.last_known_leader(), BrokerId(2));
  EXPECT_FALSE(rare.recovering());
  EXPECT_THAT(Directories(rare), ElementsAre(kA, std::nullopt, kB));
  const PartitionView ordinary = Orders(0);
  EXPECT_TRUE(ordinary.extras().empty());
  EXPECT_EQ(ordinary.last_known_leader(), std::nullopt);
  EXPECT_FALSE(ordinary.has_directories());
  EXPECT_THAT(Directories(ordinary), ElementsAre(std::nullopt, std::nullopt, std::nullopt));
}

TEST_F(PartitionExtrasTest, ExtrasInManyChunks) {
  std::vector<NewPartition> partitions = Partitions(300);
  for (const size_t rare : {0u, 63u, 64u, 255u, 299u}) partitions[rare] = RarePartition();
  log_.MustAppend(
      {MakeTopicRecord("orders", kOrders), MakePartitionsRecord(kOrders, 0, partitions)});
  const TopicPtr topic = image().FindTopic(kOrders);
  const auto rare_in = [&](int32_t begin, int32_t end) {
    std::vector<int32_t> found;
    topic->ForEachPartitionWithExtras(
        begin, end, [&](const PartitionView& view) { found.push_back(view.index()); });
    return found;
  };
  EXPECT_TRUE(topic->has_extras());
  EXPECT_THAT(rare_in(0, 300), ElementsAre(0, 63, 64, 255, 299));
  EXPECT_THAT(rare_in(1, 255), ElementsAre(63, 64));
  EXPECT_THAT(rare_in(65, 255), IsEmpty());
  EXPECT_THAT(Directories(Orders(255)), ElementsAre(kA, std::nullopt, kB));
}

TEST_F(PartitionExtrasTest, PartitionsBehindRareOnesHaveNoExtras) {
  CreateRare(1);
  log_.MustAppend({MakePartitionsRecord(kOrders, 2, Partitions(1))});
  EXPECT_FALSE(Orders(2).has_directories());
  EXPECT_TRUE(Orders(2).extras().empty());
  EXPECT_THAT(Directories(Orders(1)), ElementsAre(kA, std::nullopt, kB));
}

TEST_F(PartitionExtrasTest, AChangeKeepsWhatItDoesNotName) {
  CreateRare(1);
  Change({.partition = 1, .isr_mask = 0b100, .leader_position = 2});
  EXPECT_EQ(Text(1),
            "leader=2 replicas=3,1,2 isr=2 leader_epoch=1 partition_epoch=1 adding=2 "
            "removing=1 elr=1 last_known_leader=2 directories=" +
                kA.ToString() + ",-," + kB.ToString());
}

TEST_F(PartitionExtrasTest, NewExtrasReplaceAllOfThem) {
  CreateRare(1);
  Change({.partition = 1,
          .isr_mask = 0b001,
          .leader_position = 0,
          .extras = PartitionExtras{.elr_mask = 0b110, .recovering = true}});
  EXPECT_THAT(Text(1), HasSubstr("partition_epoch=1 elr=1,2 recovering directories="));
  Change({.partition = 1, .isr_mask = 0b001, .leader_position = 0, .extras = PartitionExtras()});
  EXPECT_THAT(Text(1), HasSubstr("partition_epoch=2 directories="));
  Change({.partition = 0,
          .isr_mask = 0b111,
          .leader_position = 0,
          .extras = PartitionExtras{.removing_mask = 0b100}});
  EXPECT_EQ(Text(0),
            "leader=3 replicas=3,1,2 isr=3,1,2 leader_epoch=0 partition_epoch=1 "
            "removing=2");
}

TEST_F(PartitionExtrasTest, NewReplicas) {
  CreateRare(2);
  log_.MustAppend({MakePartitionsRecord(kOrders, 3, Partitions(1))});
  Change({.partition = 0, .isr_mask = 0b1, .leader_position = 0, .replicas = Ids({8})});
  Change({.partition = 1,
          .isr_mask = 0b10,
          .leader_position = 1,
          .replicas = Ids({4, 3, 5, 6}),
          .extras = PartitionExtras{.adding_mask = 0b1101}});
  EXPECT_EQ(Text(0), "leader=8 replicas=8 isr=8 leader_epoch=1 partition_epoch=1");
  // The leader has another position, but is the same broker: its epoch does not grow.
  EXPECT_EQ(Text(1),
            "leader=3 replicas=4,3,5,6 isr=3 leader_epoch=0 partition_epoch=1 "
            "adding=4,5,6");
  // The partitions behind them keep what they have.
  EXPECT_THAT(Text(2), HasSubstr("replicas=3,1,2 isr=3,2 leader_epoch=0 partition_epoch=0 adding=2 "
                                 "removing=1 elr=1 last_known_leader=2 directories=" +
                                 kA.ToString() + ",-," + kB.ToString()));
  EXPECT_EQ(Text(3), "leader=3 replicas=3,1,2 isr=3,1,2 leader_epoch=0 partition_epoch=0");
}

TEST_F(PartitionExtrasTest, NewReplicasHaveNoOldExtrasAndDirectories) {
  CreateRare(0);
  Change({.partition = 0, .isr_mask = 0b001, .leader_position = 0, .replicas = Ids({3, 1, 2})});
  EXPECT_EQ(Text(0), "leader=3 replicas=3,1,2 isr=3 leader_epoch=0 partition_epoch=1");
  EXPECT_FALSE(image().FindTopic(kOrders)->has_extras());
}

// The same position in other replicas is another broker.
TEST_F(PartitionExtrasTest, ALeaderEpochFollowsTheBrokerNotThePosition) {
  CreateRare(1);
  Change({.partition = 0, .isr_mask = 0b1, .leader_position = 0, .replicas = Ids({1, 2, 3})});
  EXPECT_EQ(Orders(0).leader_epoch(), 1);
  Change({.partition = 0, .isr_mask = 0b10, .leader_position = 1, .replicas = Ids({2, 1})});
  EXPECT_EQ(Orders(0).leader_epoch(), 1);
  Change({.partition = 0, .isr_mask = 0b10, .replicas = Ids({2, 1})});
  EXPECT_EQ(Orders(0).leader_epoch(), 2);
  Change({.partition = 0, .isr_mask = 0b1, .replicas = Ids({5})});
  EXPECT_EQ(Orders(0).leader_epoch(), 2);
}

TEST_F(PartitionExtrasTest, ABumpOfTheLeaderEpoch) {
  CreateRare(2);
  log_.MustAppend({ChangeOf(
      {{.partition = 0, .isr_mask = 0b111, .leader_position = 0, .bumps_leader_epoch = true},
       {.partition = 1, .isr_mask = 0b111, .leader_position = 0}})});
  EXPECT_EQ(Orders(0).leader_epoch(), 1);
  EXPECT_EQ(Orders(1).leader_epoch(), 0);
  Change({.partition = 0, .isr_mask = 0b111});
  Change({.partition = 0, .isr_mask = 0b111, .bumps_leader_epoch = true});
  EXPECT_EQ(Orders(0).leader_epoch(), 3);
  EXPECT_EQ(Orders(0).leader(), std::nullopt);
}

TEST_F(PartitionExtrasTest, AnEmptyIsrNeedsAnEligibleOrLastKnownLeader) {
  CreateOrders(3);
  Change({.partition = 0, .isr_mask = 0, .extras = PartitionExtras{.elr_mask = 0b011}});
  Change({.partition = 1,
          .isr_mask = 0,
          .extras = PartitionExtras{.last_known_leader_position = 0, .recovering = true}});
  EXPECT_THAT(Text(0), HasSubstr("leader=none replicas=3,1,2 isr= leader_epoch=1"));
  EXPECT_THAT(Text(1), HasSubstr("isr= leader_epoch=1 partition_epoch=1 last_known_leader=3 "
                                 "recovering"));
  EXPECT_EQ(Orders(0).isr_count(), 0u);
  for (const bool recovering : {false, true}) {
    PartitionChange change{.partition = 2, .isr_mask = 0};
    if (recovering) change.extras = PartitionExtras{.adding_mask = 1, .recovering = true};
    EXPECT_THAT(
        Contradicts(ChangeOf({change})),
        AllOf(HasSubstr("orders"), HasSubstr("partition 2"), HasSubstr("the ISR is empty")));
  }
}

TEST_F(PartitionExtrasTest, NewDirectories) {
  CreateRare(1);
  log_.MustAppend({ChangeOf({{.partition = 0,
                              .isr_mask = 0b111,
                              .leader_position = 0,
                              .directories = {kNoDirectory, kB, kB}},
                             {.partition = 1,
                              .isr_mask = 0b101,
                              .leader_position = 0,
                              .directories = {kNoDirectory, kNoDirectory, kNoDirectory}}})});
  EXPECT_THAT(Directories(Orders(0)), ElementsAre(std::nullopt, kB, kB));
  EXPECT_FALSE(Orders(1).has_directories());
  EXPECT_EQ(Orders(1).elr_mask(), 0b010u);
  Change({.partition = 0,
          .isr_mask = 1,
          .leader_position = 0,
          .replicas = Ids({3, 4}),
          .directories = {kA, kB}});
  EXPECT_THAT(Directories(Orders(0)), ElementsAre(kA, kB));
  // All of them are taken away.
  Change({.partition = 0,
          .isr_mask = 1,
          .leader_position = 0,
          .directories = {kNoDirectory, kNoDirectory}});
  EXPECT_FALSE(Orders(0).has_directories());
}

TEST_F(PartitionExtrasTest, TextsOfRecords) {
  std::vector<NewPartition> partitions = Partitions(1);
  partitions.push_back(RarePartition());
  EXPECT_EQ(RecordText(MakePartitionsRecord(TestUuid(1), 4, partitions)),
            "Partitions of AAAAAAAAAAAAAAAAAAAAAQ 4: leader=3 replicas=3,1,2 isr=3,1,2 "
            "directories=-,-,-; 5: leader=3 replicas=3,1,2 isr=3,2 adding=2 removing=1 elr=1 "
            "last_known_leader=2 directories=" +
                kA.ToString() + ",-," + kB.ToString());
  EXPECT_EQ(RecordText(ChangeOf({{.partition = 0,
                                  .isr_mask = 1,
                                  .leader_position = 0,
                                  .bumps_leader_epoch = true,
                                  .extras = PartitionExtras(),
                                  .directories = {kNoDirectory, kB}},
                                 {.partition = 3,
                                  .isr_mask = 2,
                                  .replicas = Ids({7, 9}),
                                  .extras = PartitionExtras{.elr_mask = 1, .recovering = true},
                                  .directories = {kA, kB}}})),
            "PartitionChanges of AAAAAAAAAAAAAAAAAAAAAQ 0: leader=#0 isr=#0 no extras "
            "leader_epoch+1; 3: leader=none replicas=7,9 isr=9 elr=7 recovering directories=-," +
                kB.ToString() + "," + kA.ToString() + "," + kB.ToString());
  v1::Record malformed;
  v1::PartitionChangesRecord& fields = *malformed.mutable_partition_changes();
  fields.add_partitions(1);
  fields.add_isr_masks(1);
  fields.add_leader_positions(1);
  fields.add_replica_counts(std::numeric_limits<int32_t>::max());
  fields.add_replicas(5);
  fields.add_extras()->set_partition(1);
  fields.mutable_extras(0)->set_last_known_leader_position(7);
  fields.set_directory_ids("abc");
  fields.add_replica_directories(1);
  EXPECT_EQ(RecordText(malformed),
            "PartitionChanges of (0 bytes) 1: leader=5 replicas=5 isr=5 last_known_leader=#6 "
            "directories=#1");
}

}  // namespace
}  // namespace quorate::metadata
