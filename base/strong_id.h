// Integers that cannot be confused with one another: a LogIndex is not a RecordOffset, and a NodeId
// is not a BrokerId. The types that every layer shares are in base/ids.h.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <string>

namespace quorate {

// An integer of type `Rep` that only mixes with integers of the same `Tag`. It has the arithmetic
// that positions need: id + n, id - n, id - id, ++.
template <typename Tag, typename Rep>
class StrongId {
 public:
  using Representation = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  friend constexpr StrongId operator+(StrongId id, Rep n) { return StrongId(id.value_ + n); }
  friend constexpr StrongId operator-(StrongId id, Rep n) { return StrongId(id.value_ - n); }
  friend constexpr Rep operator-(StrongId a, StrongId b) { return a.value_ - b.value_; }
  constexpr StrongId& operator++() {
    ++value_;
    return *this;
  }
  constexpr StrongId& operator+=(Rep n) {
    value_ += n;
    return *this;
  }
  friend std::ostream& operator<<(std::ostream& os, StrongId id) { return os << +id.value_; }
  friend std::string ToString(StrongId id) { return std::to_string(id.value_); }
  template <typename H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  Rep value_ = 0;
};

}  // namespace quorate

template <typename Tag, typename Rep>
struct std::hash<quorate::StrongId<Tag, Rep>> {
  size_t operator()(quorate::StrongId<Tag, Rep> id) const { return std::hash<Rep>()(id.value()); }
};
