// Writes the ids of brokers into the cause of an entry.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/ids.h"

namespace quorate::controller {

// Returns, for example, "1, 2, 3". A long list is cut, because a cause has no room for a thousand
// ids.
inline std::string ListOf(std::span<const BrokerId> brokers) {
  constexpr size_t kMostNamed = 20;
  const auto named = brokers.first(std::min(brokers.size(), kMostNamed));
  std::string list =
      absl::StrJoin(named, ", ", [](std::string* out, BrokerId id) { out->append(ToString(id)); });
  if (named.size() < brokers.size()) {
    list += absl::StrFormat(" and %d more", brokers.size() - named.size());
  }
  return list;
}

}  // namespace quorate::controller
