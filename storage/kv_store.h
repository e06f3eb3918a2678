// The narrow port under the log: an ordered map in two families that is written in atomic, synced
// batches and read by known keys. Apart from the log above it, so that codec, bounds, truncation
// and recovery run the same on RocksDB and on the map with faults that tests use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::storage {

enum class KvFamily {
  kLog,   // one value for each log entry
  kMeta,  // a handful of small values
};

struct KvPut {
  KvFamily family;
  std::string key;
  // Must stay valid during the call.
  std::string_view value;
};

// Synchronous: every call may block on the disk, so only storage's own threads make them. One
// thread writes; others may read meanwhile, and see a batch whole or not at all for any one key.
class KvStore {
 public:
  virtual ~KvStore() = default;

  // Puts all of `puts`, in order, or nothing. With `sync`, what OK is returned for survives a power
  // loss, with all that was written before. `write_id` grows by one with every batch of a store's
  // life and names it in errors. After an error nothing is known about the batch, and the caller
  // must write no more.
  virtual absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) = 0;

  // The value; nothing: there is none. DATA_LOSS: it is damaged or cannot be read.
  virtual absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                         std::string_view key) const = 0;
  // As Get, for each key in order; the first failure fails all.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const = 0;

  // Removes every key below `end`; some may be back after a power loss. Meant for few, large
  // ranges.
  virtual absl::Status DropPrefix(KvFamily family, std::string_view end) = 0;
};

}  // namespace quorate::storage
