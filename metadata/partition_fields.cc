#include "metadata/partition_fields.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "metadata/directory_id.h"
#include "metadata/partition_rules.h"
#include "metadata/replay_errors.h"
#include "metadata/topic_image.h"

namespace quorate::metadata {
namespace {

bool MayHoldReplicas(const Uuid& directory) {
  return directory >= kFirstFreeDirectoryId || directory == kLostDirectoryId;
}

}  // namespace

std::string ReplicasOfRecord::Take(int32_t count, std::span<const int32_t>* replicas) {
  if (count < 1 || count > static_cast<int32_t>(kMaxReplicas) ||
      static_cast<size_t>(count) > rest_.size()) {
    return absl::StrFormat("replica count %d is impossible", count);
  }
  *replicas = rest_.first(static_cast<size_t>(count));
  rest_ = rest_.subspan(replicas->size());
  return FindReplicaProblem(*replicas);
}

absl::Status ReplicasOfRecord::CheckAllTaken() const {
  if (rest_.empty()) return absl::OkStatus();
  return Malformed("%d replicas do not belong to any partition", rest_.size());
}

absl::StatusOr<ExtrasOfRecord> ExtrasOfRecord::Read(const Field& field) {
  ExtrasOfRecord read;
  read.extras_.reserve(static_cast<size_t>(field.size()));
  for (const v1::PartitionExtras& extras : field) {
    if (!read.extras_.empty() && extras.partition() <= read.extras_.back().first) {
      return Malformed("the extras of partition %d are out of order", extras.partition());
    }
    PartitionExtras& of_partition =
        read.extras_.emplace_back(extras.partition(), PartitionExtras()).second;
    of_partition.adding_mask = extras.adding_mask();
    of_partition.removing_mask = extras.removing_mask();
    of_partition.elr_mask = extras.elr_mask();
    of_partition.recovering = extras.recovering();
    const uint32_t position_plus_1 = extras.last_known_leader_position();
    if (position_plus_1 > kMaxReplicas) {
      return Malformed("partition %d cannot have a last known leader with number %d",
                       extras.partition(), position_plus_1);
    }
    if (position_plus_1 != 0) {
      of_partition.last_known_leader_position = static_cast<uint8_t>(position_plus_1 - 1);
    }
  }
  return read;
}

const PartitionExtras* ExtrasOfRecord::Take(int32_t partition) {
  if (next_ == extras_.size() || extras_[next_].first != partition) return nullptr;
  return &extras_[next_++].second;
}

absl::Status ExtrasOfRecord::CheckAllTaken() const {
  if (next_ == extras_.size()) return absl::OkStatus();
  return Malformed("there are extras of partition %d, but the partition is not in the record",
                   extras_[next_].first);
}

absl::StatusOr<DirectoriesOfRecord> DirectoriesOfRecord::Read(
    const std::string& ids, const google::protobuf::RepeatedField<uint32_t>& numbers) {
  DirectoriesOfRecord read;
  read.numbers_ = {numbers.data(), static_cast<size_t>(numbers.size())};
  std::optional<std::vector<Uuid>> split = SplitDirectoryIds(ids);
  if (!split) return Malformed("directory_ids has %d bytes, not a multiple of 16", ids.size());
  read.ids_ = *std::move(split);
  absl::flat_hash_set<Uuid> known;
  for (const Uuid& id : read.ids_) {
    if (!MayHoldReplicas(id)) return Malformed("directory id %s is reserved", id.ToString());
    if (!known.insert(id).second) {
      return Malformed("directory id %s is listed twice", id.ToString());
    }
  }
  size_t highest = 0;
  for (const uint32_t number : numbers) {
    if (number > highest + 1) {
      return Malformed("directory number %d occurs before number %d", number, highest + 1);
    }
    if (number == highest + 1) ++highest;
  }
  if (highest != read.ids_.size()) {
    return Malformed("there are %d directory ids, but the replicas have %d directories",
                     read.ids_.size(), highest);
  }
  return read;
}

const uint32_t* DirectoriesOfRecord::Take(size_t replica_count) {
  if (!is_set()) return nullptr;
  const size_t begin = taken_;
  taken_ += replica_count;
  return taken_ <= numbers_.size() ? numbers_.data() + begin : nullptr;
}

std::string DirectoriesOfRecord::FindLengthProblem() const {
  if (!is_set() || taken_ == numbers_.size()) return "";
  return absl::StrFormat("%d directories for %d replicas", numbers_.size(), taken_);
}

void AddExtras(int32_t partition, const PartitionExtras& extras, ExtrasOfRecord::Field* field) {
  v1::PartitionExtras& added = *field->Add();
  added.set_partition(partition);
  added.set_adding_mask(extras.adding_mask);
  added.set_removing_mask(extras.removing_mask);
  added.set_elr_mask(extras.elr_mask);
  if (extras.last_known_leader_position.has_value()) {
    added.set_last_known_leader_position(*extras.last_known_leader_position + uint32_t{1});
  }
  added.set_recovering(extras.recovering);
}

}  // namespace quorate::metadata
