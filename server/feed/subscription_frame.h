// Encodes what a subscription sends: one frame is one SubscribeResponse. A batch is encoded once
// for all streams, and its frame shares the bytes of the log entry.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "raft/api/entry.h"
#include "server/node/leader_tracker.h"
#include "storage/snapshot_depot.h"

namespace quorate::server {

// Immutable; shared between threads.
struct Frame {
  // The end offset of a batch; 0 for any other frame.
  RecordOffset end_offset;
  size_t size_bytes = 0;
  grpc::ByteBuffer bytes;
};
using FramePtr = std::shared_ptr<const Frame>;

FramePtr MakeBatchFrame(const raft::EntryPtr& entry);
FramePtr MakeProgressFrame(RecordOffset high_watermark, const LeaderView& leader);
FramePtr MakeSnapshotFrame(const storage::SnapshotChunk& chunk);
FramePtr MakeResetFrame(const std::string& reason);

// Caches the newest batches, contiguous up to the high watermark, within a limit in bytes. The
// newest batch is kept whatever its size. The frame of a batch is made when a stream first requests
// it. Not thread-safe.
class FrameCache {
 public:
  explicit FrameCache(size_t max_bytes) : max_bytes_(max_bytes) {}

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
  size_t bytes_ = 0;
  std::deque<CachedBatch> batches_;
};

}  // namespace quorate::server
