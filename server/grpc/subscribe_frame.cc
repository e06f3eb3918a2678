#include "server/grpc/subscribe_frame.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <vector>

#include "quorate/metadata/v1/metadata_service.pb.h"
#include "server/calls/shared_slice.h"

namespace quorate::server {
namespace {

using google::protobuf::internal::WireFormatLite;
using metadata::v1::Batch;
using metadata::v1::SubscribeResponse;

void AppendLengthDelimitedTag(int field, size_t length, std::string* out) {
  google::protobuf::io::StringOutputStream stream(out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  coded.WriteVarint32(static_cast<uint32_t>(length));
}

FramePtr MakeFrame(const SubscribeResponse& response) {
  auto frame = std::make_shared<SubscribeFrame>();
  const grpc::Slice slice(response.SerializeAsString());
  frame->size_bytes = slice.size();
  frame->bytes = grpc::ByteBuffer(&slice, 1);
  return frame;
}

}  // namespace

FramePtr SubscribeFrameEncoder::EncodeBatch(const raft::EntryPtr& entry) const {
  const raft::EntryHeader& header = entry->header();
  Batch batch;
  batch.set_epoch(header.epoch.value());
  batch.set_base_offset(header.base_offset.value());
  batch.set_record_count(header.record_count);
  batch.set_append_time_ms(header.append_time_ms);
  batch.set_principal(header.principal);
  batch.set_cause(header.cause);
  std::string fields = batch.SerializeAsString();
  const bool has_records = header.type == raft::EntryType::kRecords;
  const size_t records = has_records ? entry->payload().size() : 0;
  // `records` must come last, so that its bytes can be the entry's own.
  if (has_records) AppendLengthDelimitedTag(Batch::kRecordsFieldNumber, records, &fields);

  std::string head;
  AppendLengthDelimitedTag(SubscribeResponse::kBatchFieldNumber, fields.size() + records, &head);
  head += fields;

  auto frame = std::make_shared<SubscribeFrame>();
  frame->end_offset = header.end_offset();
  frame->size_bytes = head.size() + records;
  std::vector<grpc::Slice> slices = {grpc::Slice(head)};
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
