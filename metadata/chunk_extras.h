// ChunkExtras holds the extras and the log directories of the partitions of one chunk. Most chunks
// have none. Internal to metadata/: other code reads them through PartitionView.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/uuid.h"
#include "metadata/partition_extras.h"

namespace quorate::metadata {

// Immutable. Rows are those of the chunk, and replicas have their index in the chunk's list of all
// replicas.
class ChunkExtras {
 public:
  // `extras` has an element for each row, `directories` has one for each replica: its directory, or
  // zero if none is assigned. Returns null if all of them are unused.
  static std::shared_ptr<const ChunkExtras> Make(std::span<const PartitionExtras> extras,
                                                 std::span<const Uuid> directories);

  // Returns empty extras for a row that has none, also for a row that does not exist.
  const PartitionExtras& Of(size_t row) const;
  // Returns zero if the replica has no directory, also if it does not exist.
  Uuid DirectoryOf(size_t replica) const;

 private:
  struct RowExtras {
    uint8_t row = 0;
    PartitionExtras extras;
  };

  // Only the rows that have extras, ascending.
  std::vector<RowExtras> rows_;
  // The distinct directories.
  std::vector<Uuid> directory_ids_;
  // For each replica, the position of its directory in directory_ids_ plus 1, or 0 if it has none.
  // Empty if all are 0.
  std::vector<uint16_t> directories_;
};

}  // namespace quorate::metadata
