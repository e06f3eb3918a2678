// The values of configuration keys: which are accepted, and in which form they are stored.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "metadata/configs/config_key.h"

namespace quorate::metadata {

// The longest value that a request may contain. A stored value is never longer.
inline constexpr size_t kMaxConfigValueBytes = 16 << 10;

// Returns the words of a list in their order, without duplicates and without spaces around them.
std::vector<std::string> SplitConfigList(const std::string& list);

// Returns the canonical form in which the value is stored, without the spaces, signs, capitals or
// repetitions of the input: " +5" becomes 5, "True" becomes true, ".50" becomes 0.5, "compact,
// compact" becomes compact. INVALID_ARGUMENT names the key and the values that it takes, but no
// secret. `name` is the name of the key in the request.
absl::StatusOr<std::string> CanonicalConfigValue(const ConfigKey& key, std::string_view name,
                                                 const std::string& value);

// Says which values the key takes, for example "a whole number from 1 to 2147483647".
std::string ConfigValuesText(const ConfigKey& key);

}  // namespace quorate::metadata
