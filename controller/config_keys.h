// The configuration keys that there are: what their values must look like, and what holds where
// none is set. Names, types, ranges and defaults are Kafka's.
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
  // For a number: its range.
  int64_t min = 0;
  int64_t max = -1;
  // For a word: comma-separated, and whether the value is a list of several.
  std::string_view words = {};
  bool is_list = false;

  bool is_number() const { return words.empty(); }
  bool is_bool() const { return words == "false,true"; }
};

// Of a value as it is written. The longest that is stored is shorter.
inline constexpr size_t kMaxConfigValueBytes = 1024;

// By name.
std::span<const ConfigKey> ConfigKeysOf(metadata::ConfigResourceType type);

// Null: there is none of that name.
const ConfigKey* FindConfigKey(metadata::ConfigResourceType type, std::string_view name);

// INVALID_ARGUMENT lists the keys that there are.
absl::Status UnknownConfigKey(metadata::ConfigResourceType type, std::string_view name);

// The words of a list in their order, each once and without the spaces around it. Costs the
// square of their number.
std::vector<std::string> SplitConfigList(const std::string& list);

// The one form in which the value is stored, whatever spaces, signs, capitals or repetitions it was
// written with: " +5" is 5, "True" is true, "compact, compact" is compact. INVALID_ARGUMENT names
// the key and what it takes.
absl::StatusOr<std::string> CanonicalConfigValue(const ConfigKey& key, const std::string& value);

inline constexpr char kUncleanLeaderElectionKey[] = "unclean.leader.election.enable";

}  // namespace quorate::controller
