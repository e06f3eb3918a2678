// Which topic names are legal (Kafka's rules), for everyone who takes one in.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace quorate::metadata {

inline constexpr size_t kMaxTopicNameBytes = 249;

// INVALID_ARGUMENT says what is wrong with the name: it is 1 to 249 of [a-zA-Z0-9._-], and neither
// "." nor "..".
absl::Status ValidateTopicName(std::string_view name);

}  // namespace quorate::metadata
