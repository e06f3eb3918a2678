#include "metadata/partition_chunk.h"

#include <utility>

#include "base/check.h"

namespace quorate::metadata {

void PartitionChunk::Add(std::span<const PartitionUpdate> added,
                         std::span<const Uuid> directory_ids) {
  CHECK_LE(rows.size() + added.size(), static_cast<size_t>(kPartitions));
  // Reserve exactly what is needed: images live long, and there are many chunks.
  size_t replica_count = replicas.size();
  for (const PartitionUpdate& partition : added) replica_count += partition.replicas.size();
  replicas.reserve(replica_count);
  rows.reserve(rows.size() + added.size());
  bool adds_extras = false;
  for (const PartitionUpdate& partition : added) {
    CHECK(!partition.replicas.empty() && partition.replicas.size() <= kMaxReplicas);
    rows.push_back({
        .isr_mask = partition.isr_mask,
        .leader_epoch = partition.leader_epoch,
        .partition_epoch = partition.partition_epoch,
        .replicas_begin = static_cast<uint16_t>(replicas.size()),
        .replica_count = static_cast<uint8_t>(partition.replicas.size()),
        .leader_position_plus_1 = partition.leader_position_plus_1,
    });
    replicas.insert(replicas.end(), partition.replicas.begin(), partition.replicas.end());
    adds_extras |= partition.extras != nullptr || partition.directories != nullptr;
  }
  if (adds_extras) Rebuild(added, directory_ids);
}

void PartitionChunk::Change(std::span<const PartitionUpdate> changes,
                            std::span<const Uuid> directory_ids) {
  bool is_rare = false;
  for (const PartitionUpdate& change : changes) {
    Row& row = rows[change.partition % kPartitions];
    row.isr_mask = change.isr_mask;
    row.leader_epoch = change.leader_epoch;
    row.partition_epoch = change.partition_epoch;
    row.leader_position_plus_1 = change.leader_position_plus_1;
    is_rare |=
        !change.replicas.empty() || change.extras != nullptr || change.directories != nullptr;
  }
  if (is_rare) Rebuild(changes, directory_ids);
}

void PartitionChunk::Rebuild(std::span<const PartitionUpdate> updates,
                             std::span<const Uuid> directory_ids) {
  std::vector<int32_t> all_replicas;
  all_replicas.reserve(replicas.size());
  std::vector<PartitionExtras> all_extras(rows.size());
  std::vector<Uuid> all_directories;
  auto next = updates.begin();
  for (size_t r = 0; r < rows.size(); ++r) {
    Row& row = rows[r];
    const bool is_updated =
        next != updates.end() && static_cast<size_t>(next->partition % kPartitions) == r;
    const PartitionUpdate update = is_updated ? *next++ : PartitionUpdate();
    const bool keeps = update.replicas.empty();
    const std::span<const int32_t> row_replicas =
        keeps ? std::span<const int32_t>(replicas).subspan(row.replicas_begin, row.replica_count)
              : update.replicas;
    if (update.extras != nullptr) {
      all_extras[r] = *update.extras;
    } else if (keeps && extras != nullptr) {
      all_extras[r] = extras->Of(r);
    }
    for (size_t i = 0; i < row_replicas.size(); ++i) {
      Uuid directory;
      if (update.directories != nullptr) {
        const uint32_t number = update.directories[i];
        if (number != 0) directory = directory_ids[number - 1];
      } else if (keeps && extras != nullptr) {
        directory = extras->DirectoryOf(row.replicas_begin + i);
      }
      all_directories.push_back(directory);
    }
    row.replicas_begin = static_cast<uint16_t>(all_replicas.size());
    row.replica_count = static_cast<uint8_t>(row_replicas.size());
    all_replicas.insert(all_replicas.end(), row_replicas.begin(), row_replicas.end());
  }
  all_replicas.shrink_to_fit();
  replicas = std::move(all_replicas);
  extras = ChunkExtras::Make(all_extras, all_directories);
}

}  // namespace quorate::metadata
