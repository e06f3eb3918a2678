// What a subscription sends, and the port that encodes it. The feed decides what a subscriber gets
// and when; only an encoder knows the protocol of the subscribers.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/ids.h"
#include "raft/api/entry.h"
#include "server/node/leader_tracker.h"
#include "storage/file_snapshot_store.h"

namespace quorate::server {

// One encoded message. Immutable; shared between threads. An encoder derives from it to hold the
// bytes.
struct Frame {
  virtual ~Frame() = default;

  // The end offset of a batch; 0 for any other frame.
  RecordOffset end_offset;
  size_t size_bytes = 0;
};
using FramePtr = std::shared_ptr<const Frame>;

// Thread-safe. The frames of an encoder are given only to streams of the same protocol.
class FrameEncoder {
 public:
  virtual ~FrameEncoder() = default;

  // A committed entry. All streams share the frame, so it should share the bytes of the entry.
  virtual FramePtr EncodeBatch(const raft::EntryPtr& entry) const = 0;
  // How far the log is, and which controller leads.
  virtual FramePtr EncodeProgress(RecordOffset high_watermark, const LeaderView& leader) const = 0;
  // A part of a snapshot.
  virtual FramePtr EncodeSnapshotChunk(const storage::ContentChunk& chunk) const = 0;
  // The subscriber must drop its image, because its log is not a part of this one.
  virtual FramePtr EncodeReset(const std::string& reason) const = 0;
};

}  // namespace quorate::server
