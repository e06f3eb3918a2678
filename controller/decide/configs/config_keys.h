// The known configuration keys, the values they accept, and their defaults. Names, types, ranges
// and defaults are Kafka's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

struct ConfigKey {
  std::string_view name;
  std::string_view default_value;
  // The range of a number.
  int64_t min = 0;
  int64_t max = -1;
  // The accepted words, comma-separated, if the value is not a number. `is_list`: the value is a
  // list of them.
  std::string_view words = {};
  bool is_list = false;

  bool is_number() const { return words.empty(); }
  bool is_bool() const { return words == "false,true"; }
};

// The longest value that a request may contain. A stored value is always shorter.
inline constexpr size_t kMaxConfigValueBytes = 1024;

// Returns the keys of a resource type, sorted by name.
std::span<const ConfigKey> ConfigKeysOf(metadata::ConfigResourceType type);

// Returns null if the resource type has no key of that name.
const ConfigKey* FindConfigKey(metadata::ConfigResourceType type, std::string_view name);

// Returns INVALID_ARGUMENT with the list of known keys.
absl::Status UnknownConfigKey(metadata::ConfigResourceType type, std::string_view name);

// Returns the words of a list in their order, without duplicates and without spaces around them.
// Takes quadratic time in their number.
std::vector<std::string> SplitConfigList(const std::string& list);

// Returns the canonical form in which the value is stored, without the spaces, signs, capitals or
// repetitions of the input: " +5" becomes 5, "True" becomes true, "compact, compact" becomes
// compact. INVALID_ARGUMENT names the key and the values it accepts.
absl::StatusOr<std::string> CanonicalConfigValue(const ConfigKey& key, const std::string& value);

inline constexpr char kMinInsyncReplicasKey[] = "min.insync.replicas";
inline constexpr char kUncleanLeaderElectionKey[] = "unclean.leader.election.enable";

}  // namespace quorate::controller
