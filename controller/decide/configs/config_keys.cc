#include "controller/decide/configs/config_keys.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/quote.h"

namespace quorate::controller {
namespace {

using metadata::ConfigResourceType;

constexpr int64_t kMaxInt32 = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();

constexpr std::array kTopicKeys = {
    ConfigKey{.name = "cleanup.policy",
              .default_value = "delete",
              .words = "compact,delete",
              .is_list = true},
    ConfigKey{.name = "compression.type",
              .default_value = "producer",
              .words = "gzip,lz4,producer,snappy,uncompressed,zstd"},
    ConfigKey{.name = "max.message.bytes", .default_value = "1048588", .min = 0, .max = kMaxInt32},
    ConfigKey{.name = kMinInsyncReplicasKey, .default_value = "1", .min = 1, .max = kMaxInt32},
    ConfigKey{.name = "retention.bytes", .default_value = "-1", .min = -1, .max = kMaxInt64},
    ConfigKey{.name = "retention.ms", .default_value = "604800000", .min = -1, .max = kMaxInt64},
    ConfigKey{.name = "segment.bytes", .default_value = "1073741824", .min = 14, .max = kMaxInt32},
    ConfigKey{.name = "segment.ms", .default_value = "604800000", .min = 1, .max = kMaxInt64},
    ConfigKey{.name = kUncleanLeaderElectionKey, .default_value = "false", .words = "false,true"},
};

constexpr std::array kBrokerKeys = {
    ConfigKey{.name = "follower.replication.throttled.rate",
              .default_value = "9223372036854775807",
              .min = 0,
              .max = kMaxInt64},
    ConfigKey{.name = "leader.replication.throttled.rate",
              .default_value = "9223372036854775807",
              .min = 0,
              .max = kMaxInt64},
    ConfigKey{.name = "num.replica.fetchers", .default_value = "1", .min = 1, .max = kMaxInt32},
};

// Returns nullopt if the key does not accept the value.
std::optional<std::string> Canonical(const ConfigKey& key, const std::string& value) {
  if (value.size() > kMaxConfigValueBytes) return std::nullopt;
  const std::string trimmed(absl::StripAsciiWhitespace(value));
  if (key.is_number()) {
    int64_t number = 0;
    const bool fits = absl::SimpleAtoi(trimmed, &number) && key.min <= number && number <= key.max;
    return fits ? std::optional(absl::StrCat(number)) : std::nullopt;
  }
  const std::vector<std::string> words = absl::StrSplit(std::string(key.words), ',');
  std::vector<std::string> given;
  if (key.is_list) {
    given = SplitConfigList(trimmed);
  } else {
    given = {key.is_bool() ? absl::AsciiStrToLower(trimmed) : trimmed};
  }
  for (const std::string& word : given) {
    if (std::find(words.begin(), words.end(), word) == words.end()) return std::nullopt;
  }
  return absl::StrJoin(given, ",");
}

std::string WhatItTakes(const ConfigKey& key) {
  if (key.is_number()) return absl::StrFormat("a number from %d to %d", key.min, key.max);
  return absl::StrFormat("%s %s", key.is_list ? "one or more of" : "one of", key.words);
}

}  // namespace

std::span<const ConfigKey> ConfigKeysOf(ConfigResourceType type) {
  if (type == ConfigResourceType::kTopic) return kTopicKeys;
  return kBrokerKeys;
}

const ConfigKey* FindConfigKey(ConfigResourceType type, std::string_view name) {
  const std::span<const ConfigKey> keys = ConfigKeysOf(type);
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ConfigKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

absl::Status UnknownConfigKey(ConfigResourceType type, std::string_view name) {
  return absl::InvalidArgumentError(absl::StrFormat(
      "there is no %s configuration %s; the known ones are %s",
      type == ConfigResourceType::kTopic ? "topic" : "broker", Quote(name),
      absl::StrJoin(ConfigKeysOf(type), ", ", [](std::string* out, const ConfigKey& key) {
        out->append(key.name.data(), key.name.size());
      })));
}

std::vector<std::string> SplitConfigList(const std::string& list) {
  std::vector<std::string> words;
  const std::vector<std::string> given = absl::StrSplit(list, ',');
  for (const std::string& word : given) {
    const std::string trimmed(absl::StripAsciiWhitespace(word));
    if (std::find(words.begin(), words.end(), trimmed) == words.end()) words.push_back(trimmed);
  }
  return words;
}

absl::StatusOr<std::string> CanonicalConfigValue(const ConfigKey& key, const std::string& value) {
  if (auto canonical = Canonical(key, value)) return *std::move(canonical);
  return absl::InvalidArgumentError(
      absl::StrFormat("%s takes %s, not %s", key.name, WhatItTakes(key), Quote(value)));
}

}  // namespace quorate::controller
