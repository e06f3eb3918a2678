#include "base/uuid.h"

#include <cstring>

#include "base/random.h"

namespace quorate {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

}  // namespace

Uuid Uuid::Random(Rng& rng) {
  while (true) {
    Uuid id;
    for (size_t i = 0; i < kBytes; i += sizeof(uint64_t)) {
      const uint64_t word = rng.Next();
      std::memcpy(id.bytes_.data() + i, &word, sizeof(word));
    }
    id.bytes_[6] = static_cast<uint8_t>((id.bytes_[6] & 0x0f) | 0x40);
    id.bytes_[8] = static_cast<uint8_t>((id.bytes_[8] & 0x3f) | 0x80);
    if (id.ToString()[0] != '-') return id;
  }
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  Uuid id;
  uint32_t bits = 0;
  int bit_count = 0;
  size_t out = 0;
  for (const char c : text) {
    const int digit = Digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      id.bytes_[out++] = static_cast<uint8_t>(bits >> bit_count);
      bits &= (1u << bit_count) - 1;
    }
  }
  // 22 characters carry 132 bits. The last four must be zero; otherwise two texts would denote one
  // uuid.
  if (bits != 0) return std::nullopt;
  return id;
}

std::optional<Uuid> Uuid::FromBytes(std::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  Uuid id;
  std::memcpy(id.bytes_.data(), bytes.data(), kBytes);
  return id;
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(kTextLength);
  uint32_t bits = 0;
  int bit_count = 0;
  for (const uint8_t byte : bytes_) {
    bits = (bits << 8) | byte;
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      text.push_back(kAlphabet[(bits >> bit_count) & 63]);
    }
    bits &= (1u << bit_count) - 1;
  }
  text.push_back(kAlphabet[(bits << (6 - bit_count)) & 63]);
  return text;
}

}  // namespace quorate
