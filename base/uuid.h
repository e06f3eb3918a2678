// 128-bit random identifiers, written as Kafka writes them: 22 characters of base64url.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace quorate {

class Rng;

class Uuid {
 public:
  static constexpr size_t kBytes = 16;
  static constexpr size_t kTextLength = 22;

  // The zero uuid, which identifies nothing.
  constexpr Uuid() = default;

  // Returns a random (version 4) uuid whose text does not begin with '-', so that it never looks
  // like a flag on a command line (as Kafka's Uuid.randomUuid does).
  static Uuid Random(Rng& rng);

  // Parses exactly 22 base64url characters. Returns nullopt if `text` is anything else.
  static std::optional<Uuid> Parse(std::string_view text);

  // Makes a uuid of exactly 16 bytes. Returns nullopt if there are fewer or more.
  static std::optional<Uuid> FromBytes(std::string_view bytes);

  bool is_zero() const { return *this == Uuid(); }
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  std::string ToString() const;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  friend std::ostream& operator<<(std::ostream& os, const Uuid& id) { return os << id.ToString(); }
  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.bytes_);
  }

 private:
  std::array<uint8_t, kBytes> bytes_{};
};

}  // namespace quorate
