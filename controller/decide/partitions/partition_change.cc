#include "controller/decide/partitions/partition_change.h"

#include <algorithm>
#include <cstddef>

#include "base/uuid.h"

namespace quorate::controller {
namespace {

using metadata::PartitionChange;
using metadata::PartitionView;

BrokerId ReplicaAfter(const PartitionView& before, const PartitionChange& change, size_t position) {
  return change.replicas.empty() ? before.replica(position) : change.replicas[position];
}

}  // namespace

std::optional<BrokerId> LeaderAfter(const PartitionView& before, const PartitionChange& change) {
  if (!change.leader_position) return std::nullopt;
  return ReplicaAfter(before, change, *change.leader_position);
}

int32_t LeaderEpochAfter(const PartitionView& before, const PartitionChange& change) {
  const bool grows = change.bumps_leader_epoch || LeaderAfter(before, change) != before.leader();
  return before.leader_epoch() + (grows ? 1 : 0);
}

std::vector<BrokerId> IsrAfter(const PartitionView& before, const PartitionChange& change) {
  std::vector<BrokerId> isr;
  const size_t count = change.replicas.empty() ? before.replica_count() : change.replicas.size();
  for (size_t i = 0; i < count; ++i) {
    if ((change.isr_mask >> i & 1) != 0) isr.push_back(ReplicaAfter(before, change, i));
  }
  return isr;
}

bool IsChange(const PartitionView& before, const PartitionChange& change) {
  return !change.replicas.empty() || change.extras.has_value() ||
         change.isr_mask != before.isr_mask() || change.leader_position != before.leader_position();
}

void AddPartitionChanges(const metadata::TopicImage& topic, std::vector<PartitionChange> changes,
                         metadata::v1::RecordBatch* batch) {
  if (changes.empty()) return;
  // A record has the directories of all its partitions or of none.
  const bool has_directories =
      std::any_of(changes.begin(), changes.end(),
                  [](const PartitionChange& change) { return !change.directories.empty(); });
  for (PartitionChange& change : changes) {
    if (!has_directories || !change.directories.empty()) continue;
    const PartitionView partition = topic.partition(change.partition);
    change.directories.resize(change.replicas.size());
    if (!change.replicas.empty()) continue;
    for (size_t i = 0; i < partition.replica_count(); ++i) {
      change.directories.push_back(partition.directory(i).value_or(Uuid()));
    }
  }
  *batch->add_records() = metadata::MakePartitionChangesRecord(topic.id(), changes);
}

}  // namespace quorate::controller
