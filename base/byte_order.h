// Fixed-width integers as bytes, independent of the machine's byte order. The formats on disk use
// them (docs/storage_format.md).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace quorate {

// Appends `value`, least significant byte first.
template <std::integral T>
void AppendLittleEndian(std::string& out, T value) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(bits >> (8 * i))));
  }
}

// Returns the integer in the sizeof(T) bytes at `data`, least significant byte first.
template <std::integral T>
T ReadLittleEndian(const char* data) {
  std::make_unsigned_t<T> bits = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    const auto byte = static_cast<std::make_unsigned_t<T>>(static_cast<uint8_t>(data[i]));
    bits = static_cast<std::make_unsigned_t<T>>(bits | (byte << (8 * i)));
  }
  return static_cast<T>(bits);
}

// Appends `value`, most significant byte first, so that the bytes sort in the order of the
// integers.
template <std::unsigned_integral T>
void AppendBigEndian(std::string& out, T value) {
  for (size_t i = sizeof(T); i-- > 0;) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(value >> (8 * i))));
  }
}

}  // namespace quorate
