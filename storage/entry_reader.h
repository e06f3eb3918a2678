// Reads entries by index and verifies each of them. A damaged entry is an error, never a result.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/api/entry.h"
#include "raft/api/log_end.h"
#include "storage/kv_store.h"

namespace quorate::storage {

// Returns DATA_LOSS unless `next` directly continues a log that ends at `end`. Compares the index,
// offset, epoch and checksum chain.
absl::Status CheckFollows(const raft::LogEnd& end, const raft::Entry& next);

// How many entries are read at once while their sizes are unknown. Each may have
// raft::kMaxEntryBytes, so this limits the memory of a read, whatever the log holds.
inline constexpr int64_t kMaxEntriesAtOnce = 8;

// Reads and verifies entries in a KvStore. Stateless: usable on any thread that may read the store.
class EntryReader {
 public:
  // `kv` must outlive the reader.
  explicit EntryReader(const KvStore* kv) : kv_(kv) {}

  // Returns the entry at `index`, or DATA_LOSS if it is missing, damaged, or a different entry than
  // its key says.
  absl::StatusOr<raft::EntryPtr> ReadOne(LogIndex index) const;

  // Returns the entries from `from` to at most `to` (inclusive): at least one, and as many as fit
  // into `max_bytes`. Verifies each entry and the chain between them. REQUIRES: from <= to.
  absl::StatusOr<std::vector<raft::EntryPtr>> ReadRange(LogIndex from, LogIndex to,
                                                        size_t max_bytes) const;

 private:
  const KvStore* kv_;
};

}  // namespace quorate::storage
