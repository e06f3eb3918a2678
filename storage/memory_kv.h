// A KvStore in memory, with the faults of a disk. Tests and the simulator run the log on it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "storage/kv_store.h"

namespace quorate::storage {

// Outlives its users: a test destroys the log above it, calls Crash, and opens a new log.
class MemoryKv final : public KvStore {
 public:
  absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) override;
  absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                 std::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const override;
  absl::Status DropPrefix(KvFamily family, std::string_view end) override;

  // Drops what was written and not synced, as a power loss does. Failed writes work again.
  void Crash();

  // Whether the batch of a failed write is on the disk once the machine is back.
  enum class FailedWrite { kLost, kKept };
  // Makes the next write fail, and every later one until Crash.
  void FailWrites(FailedWrite left_behind);
  // Makes reads of the key fail from now on.
  void FailReads(KvFamily family, std::string_view key);
  // Flips one bit of a stored value, without updating any checksum. REQUIRES: the key is there.
  void FlipBit(KvFamily family, std::string_view key, size_t bit);
  // Removes a key. REQUIRES: it is there.
  void Erase(KvFamily family, std::string_view key);
  // Moves the value of `from` to `to`, as a misdirected write does. REQUIRES: both keys are there.
  void Misdirect(KvFamily family, std::string_view from, std::string_view to);

  // Returns the keys of a family, ascending.
  std::vector<std::string> Keys(KvFamily family) const;

  // Return how many batches were written, and how many of them were synced.
  size_t write_count() const;
  size_t sync_count() const;

 private:
  using Key = std::pair<KvFamily, std::string>;

  void Put(const KvPut& put) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<Key, std::string> values_ ABSL_GUARDED_BY(mutex_);
  // What each put or drop since the last sync has replaced, oldest first.
  std::vector<std::pair<Key, std::optional<std::string>>> undo_ ABSL_GUARDED_BY(mutex_);
  std::optional<FailedWrite> failing_ ABSL_GUARDED_BY(mutex_);
  std::set<Key> unreadable_ ABSL_GUARDED_BY(mutex_);
  size_t write_count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t sync_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::storage
