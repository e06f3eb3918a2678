#include "tests/fuzz/checksums.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/byte_order.h"

namespace quorate::fuzz {
namespace {

constexpr size_t kChecksumBytes = sizeof(uint64_t);
// Where an entry has its length (docs/storage_format.md).
constexpr size_t kEntryLengthAt = 8;
// A frame of a snapshot file: a tag, the length and the checksum of the payload.
constexpr size_t kFrameLengthAt = 4;
constexpr size_t kFrameChecksumAt = 8;
constexpr size_t kFrameHeadBytes = 16;
constexpr std::string_view kHeaderTag = "QSNP";
constexpr std::string_view kFooterTag = "END.";
// The header's payload: a version, then a value with a checksum.
constexpr size_t kHeaderValueAt = sizeof(uint32_t);

uint64_t Hash(std::string_view bytes, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

template <typename Integer>
void Write(std::string& bytes, size_t at, Integer value) {
  std::string encoded;
  AppendLittleEndian(encoded, value);
  bytes.replace(at, encoded.size(), encoded);
}

}  // namespace

std::string WithChecksum(std::string value) {
  if (value.size() < kChecksumBytes) return value;
  Write(value, 0, Hash(std::string_view(value).substr(kChecksumBytes)));
  return value;
}

std::string WithEntryChecksum(std::string entry) {
  if (entry.size() >= kEntryLengthAt + sizeof(uint32_t)) {
    Write(entry, kEntryLengthAt, static_cast<uint32_t>(entry.size()));
  }
  return WithChecksum(std::move(entry));
}

std::string WithChecksumLine(std::string text) {
  constexpr std::string_view kLine = "checksum=";
  text.resize(std::min(text.rfind(kLine), text.size()));
  return text + absl::StrFormat("%s%016x\n", std::string(kLine), Hash(text));
}

std::string WithFrameChecksums(std::string file) {
  for (size_t at = 0; file.size() - at >= kFrameHeadBytes;) {
    const size_t payload_at = at + kFrameHeadBytes;
    const size_t left = file.size() - payload_at;
    size_t length = ReadLittleEndian<uint32_t>(file.data() + at + kFrameLengthAt);
    if (length > left) {
      length = left;
      Write(file, at + kFrameLengthAt, static_cast<uint32_t>(length));
    }
    const std::string tag = file.substr(at, kFrameLengthAt);
    if (tag == kHeaderTag && length > kHeaderValueAt) {
      const size_t value_at = payload_at + kHeaderValueAt;
      const size_t value_bytes = length - kHeaderValueAt;
      file.replace(value_at, value_bytes, WithChecksum(file.substr(value_at, value_bytes)));
    }
    if (tag == kFooterTag && length == kChecksumBytes) {
      Write(file, payload_at, Hash(std::string_view(file).substr(0, at)));
    }
    Write(file, at + kFrameChecksumAt, Hash(std::string_view(file).substr(payload_at, length), at));
    at = payload_at + length;
  }
  return file;
}

}  // namespace quorate::fuzz
