// Checks topic names by Kafka's rules.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace quorate::metadata {

inline constexpr size_t kMaxTopicNameBytes = 249;

// Returns INVALID_ARGUMENT, with the reason, unless the name is 1 to 249 characters of
// [a-zA-Z0-9._-] and is neither "." nor "..".
absl::Status ValidateTopicName(std::string_view name);

}  // namespace quorate::metadata
