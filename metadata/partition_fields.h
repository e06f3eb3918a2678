// Reads and writes the fields that the two records of partitions have in common. Internal to
// metadata/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/uuid.h"
#include "metadata/partition_extras.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// The field `replicas`: the replicas of several partitions, one partition after the other.
class ReplicasOfRecord {
 public:
  // The record must outlive this object.
  explicit ReplicasOfRecord(const google::protobuf::RepeatedField<int32_t>& field)
      : rest_(field.data(), static_cast<size_t>(field.size())) {}

  // Sets `replicas` to the replicas of the next partition. Returns what is wrong with them, or "".
  std::string Take(int32_t count, std::span<const int32_t>* replicas);
  // Returns DATA_LOSS if there are replicas that no call has taken.
  absl::Status CheckAllTaken() const;

 private:
  std::span<const int32_t> rest_;
};

// The field `extras`.
class ExtrasOfRecord {
 public:
  using Field = google::protobuf::RepeatedPtrField<v1::PartitionExtras>;

  // Returns DATA_LOSS if the partitions are not ascending, or if a position cannot exist.
  static absl::StatusOr<ExtrasOfRecord> Read(const Field& field);

  // Returns what the record has for the partition, or null if it has nothing. The pointer is valid
  // as long as this object. REQUIRES: the partition is above that of the last call.
  const PartitionExtras* Take(int32_t partition);
  // Returns DATA_LOSS if there are extras that no call has taken, so that they belong to no
  // partition of the record.
  absl::Status CheckAllTaken() const;

 private:
  std::vector<std::pair<int32_t, PartitionExtras>> extras_;
  size_t next_ = 0;
};

// The fields `directory_ids` and `replica_directories`. The record must outlive this object.
class DirectoriesOfRecord {
 public:
  // Returns DATA_LOSS unless the ids are valid, distinct, and in the order in which they first
  // occur in `numbers`. All numbers may be 0.
  static absl::StatusOr<DirectoriesOfRecord> Read(
      const std::string& ids, const google::protobuf::RepeatedField<uint32_t>& numbers);

  // Whether the record has directories.
  bool is_set() const { return !numbers_.empty(); }
  // The directory with the number n is ids()[n - 1].
  std::span<const Uuid> ids() const { return ids_; }
  // Returns the numbers of the next replicas; 0 stands for a replica without a directory. Returns
  // null if the record has no directories, or too few.
  const uint32_t* Take(size_t replica_count);
  // Returns "" if the record has no directories, or as many as calls have taken. Otherwise returns
  // what is wrong.
  std::string FindLengthProblem() const;

 private:
  std::vector<Uuid> ids_;
  std::span<const uint32_t> numbers_;
  size_t taken_ = 0;
};

// Returns how records write the position of a leader: plus 1, or 0 if there is none.
inline uint32_t LeaderField(const std::optional<size_t>& position) {
  return position.has_value() ? static_cast<uint32_t>(*position) + 1 : 0;
}
// Adds the extras of a partition to the field of a record.
void AddExtras(int32_t partition, const PartitionExtras& extras, ExtrasOfRecord::Field* field);

}  // namespace quorate::metadata
