// DirectoryNumbers numbers the ids of log directories (KIP-858), which are long and repeat often:
// most replicas of a broker share a few directories. Internal to metadata/.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/uuid.h"

namespace quorate::metadata {

// A value type.
class DirectoryNumbers {
 public:
  // Returns the id's number: 1, 2, … in the order in which the ids first occur. The zero id, which
  // stands for a replica without a directory, has the number 0.
  uint32_t NumberOf(const Uuid& id) {
    if (id.is_zero()) return 0;
    const auto [entry, is_new] = numbers_.try_emplace(id, static_cast<uint32_t>(ids_.size()) + 1);
    if (is_new) ids_.push_back(id);
    return entry->second;
  }

  // The id with the number n is ids()[n - 1].
  const std::vector<Uuid>& ids() const { return ids_; }

 private:
  // Never iterated: its order is not deterministic.
  absl::flat_hash_map<Uuid, uint32_t> numbers_;
  std::vector<Uuid> ids_;
};

}  // namespace quorate::metadata
