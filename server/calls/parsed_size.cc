#include "server/calls/parsed_size.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wire_format_lite.h"

namespace quorate::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

// The heap header of an object, and the pointer to it in a repeated field. A repeated field has
// room for four pointers at first, and later for up to twice as many as it holds.
constexpr size_t kObjectOverhead = 5 * sizeof(void*);
constexpr size_t kStringBytes = sizeof(std::string) + kObjectOverhead;
// A packed number takes at least one byte on the wire, and up to eight in memory, in a field whose
// capacity may have doubled.
constexpr size_t kBytesPerPackedByte = 16;
constexpr size_t kScalarBytes = 16;
// A field that the type does not have is kept too: in a list whose capacity may have doubled. Each
// message or group with such fields has one list.
constexpr size_t kUnknownFieldBytes = 2 * sizeof(google::protobuf::UnknownField);
constexpr size_t kUnknownListBytes = 64;
// The parser refuses messages that are nested more deeply.
constexpr int kMaxDepth = 100;

class Counter {
 public:
  Counter(google::protobuf::io::CodedInputStream* in, size_t enough) : in_(in), enough_(enough) {}

  size_t bytes() const { return bytes_; }

  // Returns false if the bytes are malformed or enough is counted.
  bool Count(const Descriptor& type, int depth) {
    bytes_ += SizeOf(type) + kObjectOverhead;
    bool has_unknown = false;
    while (const uint32_t tag = in_->ReadTag()) {
      if (bytes_ > enough_ || depth > kMaxDepth) return false;
      const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      if (IsKnown(field, WireFormatLite::GetTagWireType(tag))) {
        if (!CountKnown(*field, tag, depth)) return false;
        continue;
      }
      if (!std::exchange(has_unknown, true)) bytes_ += kUnknownListBytes;
      if (!CountUnknown(tag, depth)) return false;
    }
    return true;
  }

 private:
  static size_t SizeOf(const Descriptor& type) {
    const auto* prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
    return prototype == nullptr ? kStringBytes : prototype->SpaceUsedLong();
  }

  // Returns whether the parser reads the field as the type declares it.
  static bool IsKnown(const FieldDescriptor* field, WireFormatLite::WireType wire_type) {
    if (field == nullptr) return false;
    if (field->is_packable() && wire_type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) return true;
    return wire_type == WireFormatLite::WireTypeForFieldType(
                            static_cast<WireFormatLite::FieldType>(field->type()));
  }

  bool CountKnown(const FieldDescriptor& field, uint32_t tag, int depth) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      bytes_ += kScalarBytes;
      return WireFormatLite::SkipField(in_, tag);
    }
    if (field.message_type() == nullptr) return CountBytes(field.is_packable());
    int length = 0;
    if (!ReadLength(&length)) return false;
    const auto outer = in_->PushLimit(length);
    const bool counted = Count(*field.message_type(), depth + 1);
    in_->PopLimit(outer);
    return counted;
  }

  bool CountUnknown(uint32_t tag, int depth) {
    bytes_ += kUnknownFieldBytes;
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return CountBytes(/*is_packed=*/false);
      case WireFormatLite::WIRETYPE_START_GROUP:
        return CountGroup(WireFormatLite::GetTagFieldNumber(tag), depth + 1);
      default:
        return WireFormatLite::SkipField(in_, tag);
    }
  }

  // No type has groups, so all fields in a group are unknown.
  bool CountGroup(int number, int depth) {
    bytes_ += kUnknownListBytes;
    while (const uint32_t tag = in_->ReadTag()) {
      if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_END_GROUP) {
        return WireFormatLite::GetTagFieldNumber(tag) == number;
      }
      if (bytes_ > enough_ || depth > kMaxDepth || !CountUnknown(tag, depth)) return false;
    }
    return false;
  }

  bool CountBytes(bool is_packed) {
    int length = 0;
    if (!ReadLength(&length)) return false;
    bytes_ += kStringBytes + static_cast<size_t>(length) * (is_packed ? kBytesPerPackedByte : 1);
    return in_->Skip(length);
  }

  bool ReadLength(int* length) {
    uint32_t value = 0;
    if (!in_->ReadVarint32(&value) || value > std::numeric_limits<int32_t>::max()) return false;
    *length = static_cast<int>(value);
    return true;
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
