// The log's port as a map in memory, with the faults of a disk: what tests, and the simulator, run
// the log on.
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

// Survives its users: a test destroys the log above it, calls Crash, and opens a new one.
class MemoryKv final : public KvStore {
 public:
  absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) override;
  absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                 std::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const override;
  absl::Status DropPrefix(KvFamily family, std::string_view end) override;

  // Forgets what was written and not synced, as a power loss does. Failed writes work again.
  void Crash();

  // What a failing write leaves behind once the machine is back.
  enum class FailedWrite { kLost, kKept };
  // The next write, and every one after it until Crash, fails.
  void FailWrites(FailedWrite left_behind);
  // Reads of the key fail from now on.
  void FailReads(KvFamily family, std::string_view key);
  // Flips one bit of a stored value, behind the back of every checksum. REQUIRES: the key is there.
  void FlipBit(KvFamily family, std::string_view key, size_t bit);
  // Removes a key. REQUIRES: it is there.
  void Erase(KvFamily family, std::string_view key);
  // The value of `from` was written to `to` in its place. REQUIRES: both are there.
  void Misdirect(KvFamily family, std::string_view from, std::string_view to);

  // The keys of a family, ascending.
  std::vector<std::string> Keys(KvFamily family) const;

  // Batches written, and those of them that were synced.
  size_t write_count() const;
  size_t sync_count() const;

 private:
  using Key = std::pair<KvFamily, std::string>;

  void Put(const KvPut& put) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<Key, std::string> values_ ABSL_GUARDED_BY(mutex_);
  // What each put or drop since the last sync replaced, oldest first.
  std::vector<std::pair<Key, std::optional<std::string>>> undo_ ABSL_GUARDED_BY(mutex_);
  std::optional<FailedWrite> failing_ ABSL_GUARDED_BY(mutex_);
  std::set<Key> unreadable_ ABSL_GUARDED_BY(mutex_);
  size_t write_count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t sync_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::storage
