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
  // Of a batch: what it covers. Of anything else: 0, 0, 0.
  RecordOffset base_offset;
  RecordOffset end_offset;
  Epoch epoch;
  size_t size_bytes = 0;
  grpc::ByteBuffer bytes;
};
using FramePtr = std::shared_ptr<const Frame>;

FramePtr MakeBatchFrame(const raft::EntryPtr& entry);
FramePtr MakeProgressFrame(RecordOffset high_watermark, const LeaderView& leader);
FramePtr MakeSnapshotFrame(const storage::SnapshotChunk& chunk);
FramePtr MakeResetFrame(const std::string& reason);

// The newest batches, contiguous up to the high watermark, within a bound in bytes (the newest is
// kept whatever its size).
class FrameCache {
 public:
  explicit FrameCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // REQUIRES: the cache is empty or ends at frame->base_offset.
  void Append(FramePtr frame);

  void Clear() {
    frames_.clear();
    bytes_ = 0;
  }

  // The frames from the one that begins at `from` on, at least one and about `max_bytes` of them.
  // Nothing: none begins there.
  std::vector<FramePtr> From(RecordOffset from, size_t max_bytes) const;
  // The frame that contains `offset`, or null.
  FramePtr Containing(RecordOffset offset) const;

 private:
  std::deque<FramePtr>::const_iterator Find(RecordOffset offset) const;

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::deque<FramePtr> frames_;
};

}  // namespace quorate::server
