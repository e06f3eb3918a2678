// Random valid states and changes of partitions (random_log.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.h"
#include "metadata/record_builders.h"
#include "metadata/testing/naive_model.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {

// Each function that makes a state also gives it to the partition of the model.
class RandomPartitions {
 public:
  RandomPartitions(uint32_t metadata_version, Rng* rng)
      : may_use_version_2_(metadata_version >= 2), rng_(rng) {}

  NewPartition New(bool with_extras, NaivePartition& model) {
    NewPartition partition{.replicas = RandomReplicas()};
    const size_t replica_count = partition.replicas.size();
    if (with_extras && NewOneIn(3)) partition.extras = RandomExtras(replica_count);
    if (with_extras && NewOneIn(3)) partition.directories = RandomDirectories(replica_count);
    std::tie(partition.isr_mask, partition.leader_position) =
        RandomIsr(replica_count, partition.extras);
    model.replicas = partition.replicas;
    SetState(model, partition.isr_mask, partition.leader_position, partition.extras);
    SetDirectories(model, partition.directories);
    return partition;
  }

  // Changes everything but the directories.
  PartitionChange Change(int32_t index, NaivePartition& partition) {
    PartitionChange change{.partition = index};
    if (NewOneIn(6)) change.replicas = RandomReplicas();
    const bool keeps_replicas = change.replicas.empty();
    const PartitionExtras kept = keeps_replicas ? ExtrasOf(partition) : PartitionExtras();
    if (!keeps_replicas) {
      partition.replicas = change.replicas;
      partition.directories.clear();
    }
    const size_t replica_count = partition.replicas.size();
    if (NewOneIn(4)) {
      const PartitionExtras extras = RandomExtras(replica_count);
      if (!extras.empty() || !kept.empty()) change.extras = extras;
    }
    const PartitionExtras extras = change.extras.value_or(kept);
    std::tie(change.isr_mask, change.leader_position) = RandomIsr(replica_count, extras);
    const std::optional<BrokerId> old_leader = partition.leader;
    SetState(partition, change.isr_mask, change.leader_position, extras);
    change.bumps_leader_epoch = partition.leader == old_leader && NewOneIn(4);
    ++partition.partition_epoch;
    if (partition.leader != old_leader || change.bumps_leader_epoch) ++partition.leader_epoch;
    return change;
  }

  // Adds directories to changes. None of them may be assigned only if this takes some away.
  void ChangeDirectories(std::vector<NaivePartition>& partitions, bool may_take_all,
                         std::vector<PartitionChange>& changes) {
    const bool takes_all = may_take_all && OneIn(3);
    for (PartitionChange& change : changes) {
      NaivePartition& partition = partitions[static_cast<size_t>(change.partition)];
      const size_t replica_count = partition.replicas.size();
      change.directories =
          takes_all ? std::vector<Uuid>(replica_count) : RandomDirectories(replica_count);
    }
    if (!takes_all) changes[0].directories[0] = TestUuid(1000);
    for (const PartitionChange& change : changes) {
      SetDirectories(partitions[static_cast<size_t>(change.partition)], change.directories);
    }
  }

 private:
  bool OneIn(uint64_t n) { return rng_->Below(n) == 0; }
  // Like OneIn, for what needs metadata version 2.
  bool NewOneIn(uint64_t n) { return may_use_version_2_ && OneIn(n); }

  // Each bit of the mask of a replica is set in one of two cases.
  uint32_t RandomMask(size_t replica_count) {
    const auto all = static_cast<uint32_t>((uint64_t{1} << replica_count) - 1);
    return static_cast<uint32_t>(rng_->Next()) & all;
  }

  std::optional<size_t> RandomPosition(uint32_t mask) {
    std::vector<size_t> positions;
    for (size_t p = 0; p < kMaxReplicas; ++p) {
      if ((mask >> p & 1) != 0) positions.push_back(p);
    }
    if (positions.empty()) return std::nullopt;
    return positions[rng_->Below(positions.size())];
  }

  // Half of them are empty.
  PartitionExtras RandomExtras(size_t replica_count) {
    PartitionExtras extras;
    if (OneIn(2)) return extras;
    extras.adding_mask = RandomMask(replica_count);
    extras.removing_mask = RandomMask(replica_count) & ~extras.adding_mask;
    if (OneIn(2)) extras.elr_mask = RandomMask(replica_count);
    if (OneIn(2)) {
      extras.last_known_leader_position = static_cast<uint8_t>(rng_->Below(replica_count));
    }
    extras.recovering = OneIn(2);
    return extras;
  }

  // Returns the mask of a random ISR that the extras allow, and the position of one of its members
  // as the leader. In one of four cases there is no leader.
  std::pair<uint32_t, std::optional<size_t>> RandomIsr(size_t replica_count,
                                                       const PartitionExtras& extras) {
    const bool may_be_empty = extras.elr_mask != 0 || extras.last_known_leader_position;
    uint32_t mask = RandomMask(replica_count) & ~extras.elr_mask;
    if (extras.recovering && mask != 0) mask = 1u << *RandomPosition(mask);
    if (mask == 0 && !may_be_empty) mask = 1u << rng_->Below(replica_count);
    if (OneIn(4)) return {mask, std::nullopt};
    return {mask, RandomPosition(mask)};
  }

  std::vector<BrokerId> RandomReplicas() {
    const size_t replica_count = 1 + rng_->Below(OneIn(10) ? 32 : 4);
    const auto first = static_cast<int32_t>(rng_->Below(50));
    std::vector<BrokerId> replicas;
    for (size_t p = 0; p < replica_count; ++p) {
      replicas.emplace_back(first + static_cast<int32_t>(p));
    }
    return replicas;
  }

  // Returns a directory for each replica, zero for some.
  std::vector<Uuid> RandomDirectories(size_t replica_count) {
    std::vector<Uuid> directories(replica_count);
    for (Uuid& id : directories) {
      if (OneIn(2)) id = TestUuid(static_cast<uint16_t>(1000 + rng_->Below(5)));
    }
    return directories;
  }

  static void SetState(NaivePartition& partition, uint32_t isr_mask, std::optional<size_t> leader,
                       const PartitionExtras& extras) {
    const auto in = [&](uint32_t mask) {
      std::set<BrokerId> replicas;
      for (size_t p = 0; p < partition.replicas.size(); ++p) {
        if ((mask >> p & 1) != 0) replicas.insert(partition.replicas[p]);
      }
      return replicas;
    };
    const auto at = [&](const auto& position) -> std::optional<BrokerId> {
      if (!position) return std::nullopt;
      return partition.replicas[*position];
    };
    partition.isr = in(isr_mask);
    partition.leader = at(leader);
    partition.adding = in(extras.adding_mask);
    partition.removing = in(extras.removing_mask);
    partition.elr = in(extras.elr_mask);
    partition.last_known_leader = at(extras.last_known_leader_position);
    partition.recovering = extras.recovering;
  }

  static void SetDirectories(NaivePartition& partition, const std::vector<Uuid>& directories) {
    partition.directories.clear();
    for (size_t p = 0; p < directories.size(); ++p) {
      if (!directories[p].is_zero()) partition.directories[partition.replicas[p]] = directories[p];
    }
  }

  static PartitionExtras ExtrasOf(const NaivePartition& partition) {
    PartitionExtras extras;
    for (size_t p = 0; p < partition.replicas.size(); ++p) {
      const BrokerId replica = partition.replicas[p];
      extras.adding_mask |= static_cast<uint32_t>(partition.adding.count(replica)) << p;
      extras.removing_mask |= static_cast<uint32_t>(partition.removing.count(replica)) << p;
      extras.elr_mask |= static_cast<uint32_t>(partition.elr.count(replica)) << p;
      if (partition.last_known_leader == replica) {
        extras.last_known_leader_position = static_cast<uint8_t>(p);
      }
    }
    extras.recovering = partition.recovering;
    return extras;
  }

  const bool may_use_version_2_;
  Rng* const rng_;
};

}  // namespace quorate::metadata
