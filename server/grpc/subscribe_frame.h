// Encodes a subscription for gRPC: one frame is one message, a SubscribeResponse unless a
// translator made it (event_translator.h). The frame of a batch shares the bytes of the log entry.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>

#include "server/feed/frame.h"

namespace quorate::server {

struct SubscribeFrame final : Frame {
  grpc::ByteBuffer bytes;
};

// Returns the frame that sends `message`.
FramePtr MakeFrame(const google::protobuf::MessageLite& message);

// Makes SubscribeFrames.
class SubscribeFrameEncoder final : public FrameEncoder {
 public:
  FramePtr EncodeBatch(const raft::EntryPtr& entry) const override;
  FramePtr EncodeProgress(RecordOffset high_watermark, const LeaderView& leader) const override;
  FramePtr EncodeSnapshotChunk(const storage::ContentChunk& chunk) const override;
  FramePtr EncodeReset(const std::string& reason) const override;
};

}  // namespace quorate::server
