#include "server/peer/message_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "server/calls/shared_slice.h"

namespace quorate::server {
namespace {

namespace pb = raft::v1;
using google::protobuf::MessageLite;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// Returns the size of a length-delimited field's tag and length.
size_t PrefixBytes(int field, size_t length) {
  return WireFormatLite::TagSize(field, WireFormatLite::TYPE_BYTES) +
         WireFormatLite::UInt32Size(static_cast<uint32_t>(length));
}

bool IsShared(const raft::Entry& entry) { return entry.encoded().size() >= kMinSharedEntryBytes; }

// Fills a new slice with bytes, from the first to the last.
class SliceWriter {
 public:
  explicit SliceWriter(size_t bytes)
      // gRPC lets the only holder of a new slice write to it.
      : slice_(bytes), to_(const_cast<uint8_t*>(slice_.begin())) {}  // NOLINT(*-const-cast)
  SliceWriter(const SliceWriter&) = delete;
  SliceWriter& operator=(const SliceWriter&) = delete;

  void Prefix(int field, size_t length) {
    to_ = WireFormatLite::WriteTagToArray(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, to_);
    to_ = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(length), to_);
  }
  // REQUIRES: message.ByteSizeLong() was called, and the message has not changed since.
  void Message(const MessageLite& message) { to_ = message.SerializeWithCachedSizesToArray(to_); }
  void Raw(const std::string& bytes) { to_ = CodedOutputStream::WriteStringToArray(bytes, to_); }

  // Returns what was written since the last call.
  grpc::Slice Cut() {
    const auto end = static_cast<size_t>(to_ - slice_.begin());
    CHECK_LE(end, slice_.size());
    const size_t begin = std::exchange(cut_, end);
    return slice_.sub(begin, end);
  }

 private:
  const grpc::Slice slice_;
  uint8_t* to_;
  size_t cut_ = 0;
};

grpc::ByteBuffer ToBuffer(const std::vector<grpc::Slice>& slices) {
  return grpc::ByteBuffer(slices.data(), slices.size());
}

// `fields` holds everything but the entries, which come last in an AppendRequest.
grpc::ByteBuffer ToBytes(const pb::AppendRequest& fields,
                         const std::vector<raft::EntryPtr>& entries) {
  size_t request_bytes = fields.ByteSizeLong();
  size_t shared_bytes = 0;
  for (const raft::EntryPtr& entry : entries) {
    const size_t bytes = entry->encoded().size();
    request_bytes += PrefixBytes(pb::AppendRequest::kEntriesFieldNumber, bytes) + bytes;
    if (IsShared(*entry)) shared_bytes += bytes;
  }
  SliceWriter copied(PrefixBytes(pb::PeerMessage::kAppendRequestFieldNumber, request_bytes) +
                     request_bytes - shared_bytes);
  copied.Prefix(pb::PeerMessage::kAppendRequestFieldNumber, request_bytes);
  copied.Message(fields);
  std::vector<grpc::Slice> slices;
  for (const raft::EntryPtr& entry : entries) {
    copied.Prefix(pb::AppendRequest::kEntriesFieldNumber, entry->encoded().size());
    if (IsShared(*entry)) {
      slices.push_back(copied.Cut());
      slices.push_back(SharedSlice(entry->encoded(), entry));
    } else {
      copied.Raw(entry->encoded());
    }
  }
  if (const grpc::Slice rest = copied.Cut(); rest.size() > 0) slices.push_back(rest);
  return ToBuffer(slices);
}

}  // namespace

grpc::ByteBuffer ToBytes(const PeerPayload& payload) {
  const pb::PeerMessage message = ToProtoWithoutEntries(payload);
  if (message.has_append_request()) {
    const auto& request = std::get<raft::AppendRequest>(std::get<raft::Message>(payload));
    return ToBytes(message.append_request(), request.entries);
  }
  SliceWriter bytes(message.ByteSizeLong());
  bytes.Message(message);
  return ToBuffer({bytes.Cut()});
}

}  // namespace quorate::server
