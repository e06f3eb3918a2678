#include "server/calls/parsed_size.h"

#include <cstdint>
#include <limits>
#include <string>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"
#include "google/protobuf/wire_format_lite.h"

namespace quorate::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

// A string object with its heap header, and the pointer to it in a repeated field whose capacity
// may have doubled.
constexpr size_t kObjectOverhead = 3 * sizeof(void*);
constexpr size_t kStringBytes = sizeof(std::string) + kObjectOverhead;
// A packed number takes at least one byte on the wire, and up to eight in memory, in a field whose
// capacity may have doubled.
constexpr size_t kBytesPerPackedByte = 16;
constexpr size_t kScalarBytes = 16;
// The parser refuses messages that are nested more deeply.
constexpr int kMaxDepth = 100;

class Counter {
 public:
  Counter(google::protobuf::io::CodedInputStream* in, size_t enough) : in_(in), enough_(enough) {}

  size_t bytes() const { return bytes_; }

  // Returns false if the bytes are malformed or enough is counted.
  bool Count(const Descriptor& type, int depth) {
    bytes_ += SizeOf(type) + kObjectOverhead;
    while (const uint32_t tag = in_->ReadTag()) {
      if (bytes_ > enough_ || depth > kMaxDepth) return false;
      if (!CountField(type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag)), tag, depth)) {
        return false;
      }
    }
    return true;
  }

 private:
  static size_t SizeOf(const Descriptor& type) {
    const auto* prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
    return prototype == nullptr ? kStringBytes : prototype->SpaceUsedLong();
  }

  bool CountField(const FieldDescriptor* field, uint32_t tag, int depth) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      bytes_ += kScalarBytes;
      return WireFormatLite::SkipField(in_, tag);
    }
    uint32_t length = 0;
    if (!in_->ReadVarint32(&length) || length > std::numeric_limits<int32_t>::max()) return false;
    if (field != nullptr && field->message_type() != nullptr) {
      const auto outer = in_->PushLimit(static_cast<int>(length));
      const bool counted = Count(*field->message_type(), depth + 1);
      in_->PopLimit(outer);
      return counted;
    }
    const bool is_packed = field != nullptr && field->is_packable();
    bytes_ += kStringBytes + size_t{length} * (is_packed ? kBytesPerPackedByte : 1);
    return in_->Skip(static_cast<int>(length));
  }

  google::protobuf::io::CodedInputStream* const in_;
  const size_t enough_;
  size_t bytes_ = 0;
};

}  // namespace

size_t ParsedSize(const Descriptor& type, google::protobuf::io::ZeroCopyInputStream* wire_bytes,
                  size_t enough) {
  google::protobuf::io::CodedInputStream in(wire_bytes);
  Counter counter(&in, enough);
  counter.Count(type, 0);
  return counter.bytes();
}

}  // namespace quorate::server
