// The configuration keys that a topic may carry, and what their values must look like.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace quorate::controller {

// INVALID_ARGUMENT names the key, and what it takes or which keys there are.
absl::Status ValidateTopicConfig(const std::string& key, const std::string& value);

inline constexpr char kUncleanLeaderElectionKey[] = "unclean.leader.election.enable";

}  // namespace quorate::controller
