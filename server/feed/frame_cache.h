// The newest committed batches and their frames, which all subscriptions share.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "base/ids.h"
#include "raft/api/entry.h"
#include "server/feed/frame.h"

namespace quorate::server {

// Caches the newest batches, contiguous up to the high watermark, within a limit in bytes. The
// newest batch is kept whatever its size. The frame of a batch is made when a stream first requests
// it. Not thread-safe.
class FrameCache {
 public:
  // `encoder` outlives the cache.
  FrameCache(size_t max_bytes, const FrameEncoder* encoder)
      : max_bytes_(max_bytes), encoder_(encoder) {}

  // REQUIRES: the cache is empty, or its last batch ends where `entry` begins.
  void Append(raft::EntryPtr entry);

  void Clear() {
    batches_.clear();
    bytes_ = 0;
  }

  // Returns the frames from the batch that begins at `from` on: at least one, and about `max_bytes`
  // of them. Returns an empty vector if no batch begins there.
  std::vector<FramePtr> From(RecordOffset from, size_t max_bytes) const;
  // Returns the entry that contains `offset`, or null.
  raft::EntryPtr Containing(RecordOffset offset) const;

 private:
  struct CachedBatch {
    raft::EntryPtr entry;
    mutable FramePtr frame;  // null until it is requested
  };

  // Returns the first batch that ends after `offset`.
  std::deque<CachedBatch>::const_iterator Find(RecordOffset offset) const;

  const size_t max_bytes_;
  const FrameEncoder* const encoder_;
  size_t bytes_ = 0;
  std::deque<CachedBatch> batches_;
};

}  // namespace quorate::server
