#include "server/peer/message_bytes.h"

#include <grpcpp/support/slice.h>

#include <variant>
#include <vector>

#include "server/calls/shared_slice.h"
#include "server/calls/slice_writer.h"

namespace quorate::server {
namespace {

namespace pb = raft::v1;

bool IsShared(const raft::Entry& entry) { return entry.encoded().size() >= kMinSharedEntryBytes; }

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
    request_bytes +=
        SliceWriter::PrefixBytes(pb::AppendRequest::kEntriesFieldNumber, bytes) + bytes;
    if (IsShared(*entry)) shared_bytes += bytes;
  }
  SliceWriter copied(
      SliceWriter::PrefixBytes(pb::PeerMessage::kAppendRequestFieldNumber, request_bytes) +
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
  return ToBuffer({ToSlice(message)});
}

}  // namespace quorate::server
