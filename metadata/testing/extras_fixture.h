// PartitionExtrasTest is the fixture of the tests of what few partitions have: a log at metadata
// version 2, and a partition that has it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metadata/image_text.h"
#include "metadata/record_builders.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {

inline const Uuid kA = TestUuid(0x1000);
inline const Uuid kB = TestUuid(0x2000);
inline const Uuid kNoDirectory;

inline std::vector<BrokerId> Ids(const std::vector<int32_t>& values) {
  std::vector<BrokerId> ids;
  for (const int32_t value : values) ids.emplace_back(value);
  return ids;
}

// Replicas 3, 1, 2 with leader 3; a reassignment adds 2 and removes 1; 1 is an eligible leader.
inline NewPartition RarePartition() {
  return {.replicas = Ids({3, 1, 2}),
          .isr_mask = 0b101,
          .leader_position = 0,
          .extras = {.adding_mask = 0b100,
                     .removing_mask = 0b010,
                     .elr_mask = 0b010,
                     .last_known_leader_position = 2},
          .directories = {kA, kNoDirectory, kB}};
}

class PartitionExtrasTest : public ReplayTest {
 protected:
  PartitionExtrasTest() { log_.MustAppend({MakeMetadataVersionRecord(2)}); }

  // Creates orders with ordinary partitions and a rare one behind them.
  void CreateRare(int ordinary) {
    std::vector<NewPartition> partitions = Partitions(ordinary);
    partitions.push_back(RarePartition());
    log_.MustAppend(
        {MakeTopicRecord("orders", kOrders), MakePartitionsRecord(kOrders, 0, partitions)});
  }
  static v1::Record ChangeOf(std::vector<PartitionChange> changes) {
    return MakePartitionChangesRecord(kOrders, changes);
  }
  void Change(const PartitionChange& change) { log_.MustAppend({ChangeOf({change})}); }
  static std::vector<std::optional<Uuid>> Directories(const PartitionView& view) {
    std::vector<std::optional<Uuid>> directories;
    for (size_t i = 0; i < view.replica_count(); ++i) directories.push_back(view.directory(i));
    return directories;
  }
  std::string Text(int32_t partition) const { return PartitionText(Orders(partition)); }
};

}  // namespace quorate::metadata
