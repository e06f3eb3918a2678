// The narrow port below the log: an ordered map in two families. It is written in atomic, synced
// batches and read by known keys. It is separate from the log above it, so that the codec, bounds,
// truncation and recovery run the same on RocksDB and on the map with faults that tests use.
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
  kLog,   // one value per log entry
  kMeta,  // a few small values
};

struct KvPut {
  KvFamily family;
  std::string key;
  // The bytes must stay valid during the call.
  std::string_view value;
};

// Maps keys to values in each family. Synchronous: every call may block on the disk, so only
// storage's own threads call it. One thread writes. Others may read meanwhile; for any one key they
// see all of a batch or none of it.
class KvStore {
 public:
  virtual ~KvStore() = default;

  // Puts all of `puts`, in order, or none. With `sync`, the batch and everything written before it
  // survive a power loss once this returns OK. `write_id` grows by one with every batch in the life
  // of a store, and identifies the batch in errors. After an error the state of the batch is
  // unknown, and the caller must not write again.
  virtual absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) = 0;

  // Returns the value, or nullopt if there is none. Returns DATA_LOSS if the value is damaged or
  // cannot be read.
  virtual absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                         std::string_view key) const = 0;
  // Like Get, for each key in order. The first failure fails the whole call.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const = 0;

  // Removes every key below `end`. Some of them may be back after a power loss. Meant for few,
  // large ranges.
  virtual absl::Status DropPrefix(KvFamily family, std::string_view end) = 0;
};

}  // namespace quorate::storage
