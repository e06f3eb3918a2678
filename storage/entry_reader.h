// Reads entries by index and trusts none of them: a damaged entry is an error, never an answer.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/entry.h"
#include "raft/log_end.h"
#include "storage/kv_store.h"

namespace quorate::storage {

// DATA_LOSS unless `next` directly continues a log that ends at `end`: index, offset, epoch and
// checksum chain.
absl::Status CheckFollows(const raft::LogEnd& end, const raft::Entry& next);

// How many entries are read before their sizes are known: each may have raft::kMaxEntryBytes, so
// that this bounds the memory of a read, whatever the log holds.
inline constexpr int64_t kMaxEntriesAtOnce = 8;

// Stateless; usable wherever its store may be read.
class EntryReader {
 public:
  // `kv` must outlive it.
  explicit EntryReader(const KvStore* kv) : kv_(kv) {}

  // DATA_LOSS: the entry is missing, damaged, or another one than its key says.
  absl::StatusOr<raft::EntryPtr> ReadOne(LogIndex index) const;

  // The entries `from` to at most `to` (inclusive): at least one, and as many as fit `max_bytes`.
  // Verified one by one and as a chain. REQUIRES: from <= to.
  absl::StatusOr<std::vector<raft::EntryPtr>> ReadRange(LogIndex from, LogIndex to,
                                                        size_t max_bytes) const;

 private:
  const KvStore* kv_;
};

}  // namespace quorate::storage
