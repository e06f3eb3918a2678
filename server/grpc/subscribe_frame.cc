#include "server/grpc/subscribe_frame.h"

#include <grpcpp/support/slice.h>

#include <memory>
#include <vector>

#include "quorate/metadata/v1/metadata_service.pb.h"
#include "server/calls/shared_slice.h"
#include "server/calls/slice_writer.h"

namespace quorate::server {

using metadata::v1::Batch;
using metadata::v1::SubscribeResponse;

FramePtr MakeFrame(const google::protobuf::MessageLite& message) {
  auto frame = std::make_shared<SubscribeFrame>();
  const grpc::Slice slice = ToSlice(message);
  frame->size_bytes = slice.size();
  frame->bytes = grpc::ByteBuffer(&slice, 1);
  return frame;
}

FramePtr SubscribeFrameEncoder::EncodeBatch(const raft::EntryPtr& entry) const {
  const raft::EntryHeader& header = entry->header();
  Batch batch;
  batch.set_epoch(header.epoch.value());
  batch.set_base_offset(header.base_offset.value());
  batch.set_record_count(header.record_count);
  batch.set_append_time_ms(header.append_time_ms);
  batch.set_principal(header.principal);
  batch.set_cause(header.cause);
  const bool has_records = header.type == raft::EntryType::kRecords;
  const size_t records = has_records ? entry->payload().size() : 0;
  size_t batch_bytes = batch.ByteSizeLong() + records;
  if (has_records) batch_bytes += SliceWriter::PrefixBytes(Batch::kRecordsFieldNumber, records);

  const size_t head_bytes =
      SliceWriter::PrefixBytes(SubscribeResponse::kBatchFieldNumber, batch_bytes) + batch_bytes -
      records;
  SliceWriter head(head_bytes);
  head.Prefix(SubscribeResponse::kBatchFieldNumber, batch_bytes);
  head.Message(batch);
  // `records` must come last, so that its bytes can be the entry's own.
  if (has_records) head.Prefix(Batch::kRecordsFieldNumber, records);

  auto frame = std::make_shared<SubscribeFrame>();
  frame->end_offset = header.end_offset();
  frame->size_bytes = head_bytes + records;
  std::vector<grpc::Slice> slices = {head.Cut()};
  if (records > 0) slices.push_back(SharedSlice(entry->payload(), entry));
  frame->bytes = grpc::ByteBuffer(slices.data(), slices.size());
  return frame;
}

FramePtr SubscribeFrameEncoder::EncodeProgress(RecordOffset high_watermark,
                                               const LeaderView& leader) const {
  SubscribeResponse response;
  response.mutable_progress()->set_high_watermark(high_watermark.value());
  response.mutable_progress()->set_epoch(leader.epoch.value());
  response.mutable_progress()->set_leader_id(leader.leader ? leader.leader->value() : -1);
  return MakeFrame(response);
}

FramePtr SubscribeFrameEncoder::EncodeSnapshotChunk(const storage::ContentChunk& chunk) const {
  SubscribeResponse response;
  auto& sent = *response.mutable_snapshot_chunk();
  sent.set_epoch(chunk.id.epoch.value());
  sent.set_end_offset(chunk.id.end_offset.value());
  sent.set_position(static_cast<int64_t>(chunk.position));
  sent.set_next_position(static_cast<int64_t>(chunk.next_position));
  sent.set_data(chunk.data);
  sent.set_last(chunk.is_last);
  return MakeFrame(response);
}

FramePtr SubscribeFrameEncoder::EncodeReset(const std::string& reason) const {
  SubscribeResponse response;
  response.mutable_reset()->set_reason(reason);
  return MakeFrame(response);
}

}  // namespace quorate::server
