// What a subscription sends, encoded: one frame is one SubscribeResponse. A batch is encoded once,
// however many streams send it, and shares the bytes of its log entry.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "raft/entry.h"
#include "server/leader_tracker.h"
#include "storage/snapshot_depot.h"

namespace quorate::server {

// Immutable; shared between threads.
struct Frame {
  // Of a batch: where it ends. Of anything else: 0.
  RecordOffset end_offset;
  size_t size_bytes = 0;
  grpc::ByteBuffer bytes;
};
using FramePtr = std::shared_ptr<const Frame>;

FramePtr MakeBatchFrame(const raft::EntryPtr& entry);
FramePtr MakeProgressFrame(RecordOffset high_watermark, const LeaderView& leader);
FramePtr MakeSnapshotFrame(const storage::SnapshotChunk& chunk);
FramePtr MakeResetFrame(const std::string& reason);

// The newest batches, contiguous up to the high watermark, within a bound in bytes (the newest is
// kept whatever its size). The frame of one is made for the first stream that wants it.
class FrameCache {
 public:
  explicit FrameCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // REQUIRES: the cache is empty or ends where the entry begins.
  void Append(raft::EntryPtr entry);

  void Clear() {
    batches_.clear();
    bytes_ = 0;
  }

  // The frames from the one that begins at `from` on, at least one and about `max_bytes` of them.
  // Nothing: none begins there.
  std::vector<FramePtr> From(RecordOffset from, size_t max_bytes) const;
  // The entry that contains `offset`, or null.
  raft::EntryPtr Containing(RecordOffset offset) const;

 private:
  struct CachedBatch {
    raft::EntryPtr entry;
    mutable FramePtr frame;  // null: nobody wanted it yet
  };

  // The first one that ends behind `offset`.
  std::deque<CachedBatch>::const_iterator Find(RecordOffset offset) const;

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::deque<CachedBatch> batches_;
};

}  // namespace quorate::server
