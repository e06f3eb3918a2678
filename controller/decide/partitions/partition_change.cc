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

// Returns a directory for each replica after a change that names no directories, zero for a replica
// without one.
std::vector<Uuid> DirectoriesAfter(const PartitionView& before, const PartitionChange& change) {
  std::vector<Uuid> directories(change.replicas.size());
  if (!change.replicas.empty()) return directories;
  for (size_t i = 0; i < before.replica_count(); ++i) {
    directories.push_back(before.directory(i).value_or(Uuid()));
  }
  return directories;
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

void SetDirectory(const PartitionView& before, BrokerId broker, const Uuid& directory,
                  PartitionChange* change) {
  std::vector<Uuid>& directories = change->directories;
  if (directories.empty()) directories = DirectoriesAfter(before, *change);
  for (size_t i = 0; i < directories.size(); ++i) {
    if (ReplicaAfter(before, *change, i) == broker) directories[i] = directory;
  }
}

bool IsChange(const PartitionView& before, const PartitionChange& change) {
  return !change.replicas.empty() || change.extras.has_value() || !change.directories.empty() ||
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
    change.directories = DirectoriesAfter(topic.partition(change.partition), change);
  }
  *batch->add_records() = metadata::MakePartitionChangesRecord(topic.id(), changes);
}

}  // namespace quorate::controller
