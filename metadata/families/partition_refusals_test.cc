// Checks which extras, log directories, new replicas and leader epoch bumps of partitions are
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/testing/extras_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The record names a field that is newer than the version of the log.
TEST_F(ReplayTest, Version1HasNoExtrasOfPartitions) {
  CreateOrders(2);
  const auto expect = [this](const v1::Record& record, const std::string& field) {
    EXPECT_THAT(
        Contradicts(record),
        HasSubstr("the field " + field + " needs metadata version 2, but the log has version 1"));
  };
  const auto added = [](auto change) {
    v1::Record record = MakePartitionsRecord(kOrders, 2, Partitions(1));
    change(*record.mutable_partitions());
    return record;
  };
  using Added = v1::PartitionsRecord;
  expect(added([](Added& f) { f.add_extras(); }), "extras");
  expect(added([](Added& f) { f.set_directory_ids("x"); }), "directory_ids");
  expect(added([](Added& f) { f.add_replica_directories(0); }), "replica_directories");
  const auto changed = [](auto change) {
    v1::Record record = MakePartitionChangesRecord(
        kOrders,
        std::vector<PartitionChange>{{.partition = 0, .isr_mask = 0b111, .leader_position = 0}});
    change(*record.mutable_partition_changes());
    return record;
  };
  using Changed = v1::PartitionChangesRecord;
  expect(changed([](Changed& f) { f.add_leader_epoch_bumps(0); }), "leader_epoch_bumps");
  expect(changed([](Changed& f) { f.add_replica_counts(0); }), "replica_counts");
  expect(changed([](Changed& f) { f.add_replicas(0); }), "replicas");
  expect(changed([](Changed& f) { f.add_extras(); }), "extras");
  expect(changed([](Changed& f) { f.set_directory_ids("x"); }), "directory_ids");
  expect(changed([](Changed& f) { f.add_replica_directories(0); }), "replica_directories");
  EXPECT_TRUE(log_.Append({changed([](Changed&) {})}).ok());
}

TEST_F(PartitionExtrasTest, MalformedNewPartitionsAreRefused) {
  CreateOrders(2);
  const auto with = [](auto change) {
    std::vector<NewPartition> partitions = Partitions(1);
    partitions.push_back(RarePartition());
    v1::Record record = MakePartitionsRecord(kOrders, 2, partitions);
    change(*record.mutable_partitions());
    return record;
  };
  const auto expect = [&](const std::string& why, auto change) {
    EXPECT_THAT(IsMalformed(with(change)), HasSubstr(why));
  };
  using Fields = v1::PartitionsRecord;
  const auto extras = [](Fields& f) -> v1::PartitionExtras& { return *f.mutable_extras(0); };
  expect("unused", [&](Fields& f) {
    extras(f).Clear();
    extras(f).set_partition(3);
  });
  expect("not in the record", [&](Fields& f) { extras(f).set_partition(4); });
  expect("not in the record", [&](Fields& f) { extras(f).set_partition(1); });
  expect("out of order", [&](Fields& f) { *f.add_extras() = f.extras(0); });
  expect("out of order", [&](Fields& f) {
    *f.add_extras() = f.extras(0);
    f.mutable_extras(1)->set_partition(2);
  });
  expect("adding mask 0x8", [&](Fields& f) { extras(f).set_adding_mask(8); });
  expect("removing mask 0x8", [&](Fields& f) { extras(f).set_removing_mask(8); });
  expect("ELR mask 0x8", [&](Fields& f) { extras(f).set_elr_mask(8); });
  expect("share a replica", [&](Fields& f) { extras(f).set_adding_mask(0b110); });
  expect("share a replica", [&](Fields& f) { extras(f).set_elr_mask(0b001); });
  expect("number 4", [&](Fields& f) { extras(f).set_last_known_leader_position(4); });
  expect("number 300", [&](Fields& f) { extras(f).set_last_known_leader_position(300); });
  expect("several members", [&](Fields& f) { extras(f).set_recovering(true); });
  expect("the ISR is empty", [&](Fields& f) {
    f.set_isr_masks(1, 0);
    f.set_leader_positions(1, 0);
    extras(f).set_elr_mask(0);
    extras(f).set_last_known_leader_position(0);
  });
  expect("not in ISR", [&](Fields& f) { f.set_isr_masks(1, 0); });

  expect("17 bytes", [&](Fields& f) { f.mutable_directory_ids()->resize(17); });
  expect("2 directories", [&](Fields& f) { f.mutable_directory_ids()->resize(16); });
  expect("3 directory ids",
         [&](Fields& f) { *f.mutable_directory_ids() += TestUuid(0x9000).bytes(); });
  expect("listed twice", [&](Fields& f) { *f.mutable_directory_ids() += kA.bytes(); });
  for (const uint16_t reserved : {0, 1, 3, 99}) {
    expect("reserved", [&](Fields& f) {
      f.mutable_directory_ids()->replace(0, 16, std::string(TestUuid(reserved).bytes()));
    });
  }
  expect("occurs before", [&](Fields& f) { f.set_replica_directories(3, 2); });
  expect("occurs before", [&](Fields& f) { f.set_replica_directories(5, 4); });
  expect("1 directories", [&](Fields& f) { f.set_replica_directories(5, 1); });
  expect("7 directories for 6", [&](Fields& f) { f.add_replica_directories(0); });
  expect("5 directories for 6", [&](Fields& f) {
    f.mutable_replica_directories()->RemoveLast();
    f.set_replica_directories(4, 2);
  });
  expect("2 directory ids", [&](Fields& f) { f.clear_replica_directories(); });
  expect("no replica has a directory", [&](Fields& f) {
    f.clear_directory_ids();
    f.mutable_replica_directories()->Truncate(0);
    for (int i = 0; i < 6; ++i) f.add_replica_directories(0);
  });
  EXPECT_TRUE(log_.Append({with([](Fields&) {})}).ok());
}

TEST_F(PartitionExtrasTest, MalformedChangesAreRefused) {
  CreateRare(2);
  const auto expect = [&](const std::string& why, auto change) {
    v1::Record record =
        ChangeOf({{.partition = 0, .isr_mask = 0b1, .leader_position = 0, .replicas = Ids({3, 1})},
                  {.partition = 1,
                   .isr_mask = 0b111,
                   .leader_position = 0,
                   .bumps_leader_epoch = true,
                   .extras = PartitionExtras{.adding_mask = 1}}});
    change(*record.mutable_partition_changes());
    EXPECT_THAT(IsMalformed(record), HasSubstr(why));
  };
  using Fields = v1::PartitionChangesRecord;
  expect("1 replica counts for 2", [](Fields& f) { f.mutable_replica_counts()->RemoveLast(); });
  expect("replicas of no partition change", [](Fields& f) { f.set_replica_counts(0, 0); });
  expect("replica count 33", [](Fields& f) { f.set_replica_counts(0, 33); });
  expect("replica count -1", [](Fields& f) { f.set_replica_counts(0, -1); });
  expect("replica count 3", [](Fields& f) { f.set_replica_counts(0, 3); });
  expect("belong to", [](Fields& f) { f.set_replica_counts(0, 1); });
  expect("belong to", [](Fields& f) { f.clear_replica_counts(); });
  expect("listed twice", [](Fields& f) { f.set_replicas(1, 3); });
  expect("negative", [](Fields& f) { f.set_replicas(1, -1); });
  expect("leader_epoch_bumps", [](Fields& f) { f.set_leader_epoch_bumps(0, 2); });
  expect("leader_epoch_bumps", [](Fields& f) { f.add_leader_epoch_bumps(1); });
  expect("leader_epoch_bumps", [](Fields& f) { f.add_leader_epoch_bumps(0); });
  expect("not in the record", [](Fields& f) { f.mutable_extras(0)->set_partition(2); });
  expect("number 33", [](Fields& f) { f.mutable_extras(0)->set_last_known_leader_position(33); });
  expect("15 bytes", [](Fields& f) { f.set_directory_ids(std::string(15, 'd')); });
  expect("occurs before", [](Fields& f) { f.add_replica_directories(2); });
}

TEST_F(PartitionExtrasTest, ChangesThatContradictAreRefused) {
  CreateRare(1);
  const auto expect = [&](const std::string& why, const PartitionChange& change) {
    EXPECT_THAT(Contradicts(ChangeOf({change})), AllOf(HasSubstr("topic orders"), HasSubstr(why)));
  };
  // Partition 1 keeps extras that do not go with the new ISR.
  expect("partition 1: ELR mask 0x2 and ISR mask 0x3",
         {.partition = 1, .isr_mask = 0b011, .leader_position = 0});
  expect("several members", {.partition = 1,
                             .isr_mask = 0b101,
                             .leader_position = 0,
                             .extras = PartitionExtras{.recovering = true}});
  expect("would not keep",
         {.partition = 0, .isr_mask = 0b111, .leader_position = 0, .extras = PartitionExtras()});
  expect("would not keep", {.partition = 1,
                            .isr_mask = 0b1,
                            .leader_position = 0,
                            .replicas = Ids({3}),
                            .extras = PartitionExtras()});
  // Masks and positions refer to the new replicas.
  expect("ISR mask 0x4", {.partition = 0, .isr_mask = 0b100, .replicas = Ids({1, 2})});
  expect("adding mask 0x4", {.partition = 0,
                             .isr_mask = 0b1,
                             .replicas = Ids({1, 2}),
                             .extras = PartitionExtras{.adding_mask = 0b100}});
  expect("number 3", {.partition = 0,
                      .isr_mask = 0b1,
                      .replicas = Ids({1, 2}),
                      .extras = PartitionExtras{.last_known_leader_position = 2}});
  expect("it grows anyway",
         {.partition = 0, .isr_mask = 0b111, .leader_position = 1, .bumps_leader_epoch = true});
  expect("it grows anyway", {.partition = 0,
                             .isr_mask = 0b1,
                             .leader_position = 0,
                             .bumps_leader_epoch = true,
                             .replicas = Ids({1})});
  expect("2 directories for 3",
         {.partition = 0, .isr_mask = 0b111, .leader_position = 0, .directories = {kA, kB}});
  expect("would keep any", {.partition = 0,
                            .isr_mask = 0b111,
                            .leader_position = 0,
                            .directories = {kNoDirectory, kNoDirectory, kNoDirectory}});
  expect("would keep any", {.partition = 1,
                            .isr_mask = 0b1,
                            .leader_position = 0,
                            .replicas = Ids({3}),
                            .directories = {kNoDirectory}});
}

}  // namespace
}  // namespace quorate::metadata
