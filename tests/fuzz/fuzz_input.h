// Splits the bytes of one input of a fuzzer into values. A short input yields zeros and empty
// texts, so that every input is valid.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_order.h"

namespace quorate::fuzz {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  // Returns the bytes that are left, and leaves none.
  std::string_view TakeRest() { return TakeBytes(rest_.size()); }
  // Returns the next `count` bytes, or as many as are left.
  std::string_view TakeBytes(size_t count) {
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  template <typename Integer>
  Integer Take() {
    std::string bytes(TakeBytes(sizeof(Integer)));
    bytes.resize(sizeof(Integer));
    return ReadLittleEndian<Integer>(bytes.data());
  }
  // Returns a text that is preceded by its length in two bytes.
  std::string_view TakeText() { return TakeBytes(Take<uint16_t>()); }

 private:
  std::string_view rest_;
};

}  // namespace quorate::fuzz
