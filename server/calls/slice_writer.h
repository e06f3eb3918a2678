// Encodes a protobuf message as slices for gRPC, some of which share the bytes of other objects
// (shared_slice.h).
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/check.h"

namespace quorate::server {

// Fills a new slice of `bytes` bytes, from the first to the last. Not thread-safe.
class SliceWriter {
 public:
  // Returns the size of what Prefix writes.
  static size_t PrefixBytes(int field, size_t length) {
    return WireFormatLite::TagSize(field, WireFormatLite::TYPE_BYTES) +
           WireFormatLite::UInt32Size(static_cast<uint32_t>(length));
  }

  explicit SliceWriter(size_t bytes)
      // gRPC lets the only holder of a new slice write to it.
      : slice_(bytes), to_(const_cast<uint8_t*>(slice_.begin())) {}  // NOLINT(*-const-cast)
  SliceWriter(const SliceWriter&) = delete;
  SliceWriter& operator=(const SliceWriter&) = delete;

  // Writes the tag and the length of a length-delimited field. Its bytes follow.
  void Prefix(int field, size_t length) {
    to_ = WireFormatLite::WriteTagToArray(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, to_);
    to_ = Coded::WriteVarint32ToArray(static_cast<uint32_t>(length), to_);
  }
  // REQUIRES: message.ByteSizeLong() was called, and the message has not changed since.
  void Message(const google::protobuf::MessageLite& message) {
    to_ = message.SerializeWithCachedSizesToArray(to_);
  }
  void Raw(const std::string& bytes) { to_ = Coded::WriteStringToArray(bytes, to_); }

  // Returns what was written since the last call.
  grpc::Slice Cut() {
    const auto end = static_cast<size_t>(to_ - slice_.begin());
    CHECK_LE(end, slice_.size());
    const size_t begin = std::exchange(cut_, end);
    return slice_.sub(begin, end);
  }

 private:
  using WireFormatLite = google::protobuf::internal::WireFormatLite;
  using Coded = google::protobuf::io::CodedOutputStream;

  const grpc::Slice slice_;
  uint8_t* to_;
  size_t cut_ = 0;
};

// Returns the bytes of a whole message.
inline grpc::Slice ToSlice(const google::protobuf::MessageLite& message) {
  SliceWriter bytes(message.ByteSizeLong());
  bytes.Message(message);
  return bytes.Cut();
}

}  // namespace quorate::server
