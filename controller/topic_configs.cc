#include "controller/topic_configs.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controller/quote.h"

namespace quorate::controller {
namespace {

constexpr int64_t kMaxInt32 = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();

// Names, types and ranges are Kafka's.
struct ConfigKey {
  std::string_view name;
  // For a number: its range.
  int64_t min = 0;
  int64_t max = -1;
  // For a word: comma-separated, and whether several may be given.
  std::string_view words;
  bool is_list = false;

  bool is_number() const { return words.empty(); }
};

constexpr std::array kKeys = {
    ConfigKey{.name = "cleanup.policy", .words = "compact,delete", .is_list = true},
    ConfigKey{.name = "compression.type", .words = "gzip,lz4,producer,snappy,uncompressed,zstd"},
    ConfigKey{.name = "max.message.bytes", .min = 0, .max = kMaxInt32},
    ConfigKey{.name = "min.insync.replicas", .min = 1, .max = kMaxInt32},
    ConfigKey{.name = "retention.bytes", .min = -1, .max = kMaxInt64},
    ConfigKey{.name = "retention.ms", .min = -1, .max = kMaxInt64},
    ConfigKey{.name = "segment.bytes", .min = 14, .max = kMaxInt32},
    ConfigKey{.name = "segment.ms", .min = 1, .max = kMaxInt64},
    ConfigKey{.name = kUncleanLeaderElectionKey, .words = "false,true"},
};

bool IsValid(const ConfigKey& key, const std::string& value) {
  if (key.is_number()) {
    int64_t number = 0;
    return absl::SimpleAtoi(value, &number) && key.min <= number && number <= key.max;
  }
  const std::vector<std::string> words = absl::StrSplit(std::string(key.words), ',');
  const std::vector<std::string> given =
      key.is_list ? absl::StrSplit(value, ',') : std::vector<std::string>{value};
  return std::all_of(given.begin(), given.end(), [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  });
}

std::string WhatItTakes(const ConfigKey& key) {
  if (key.is_number()) return absl::StrFormat("a number from %d to %d", key.min, key.max);
  return absl::StrFormat("%s %s", key.is_list ? "one or more of" : "one of", key.words);
}

}  // namespace

absl::Status ValidateTopicConfig(const std::string& key, const std::string& value) {
  const auto known =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const ConfigKey& k) { return k.name == key; });
  if (known == kKeys.end()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("there is no topic configuration %s; there are %s", Quote(key),
                        absl::StrJoin(kKeys, ", ", [](std::string* out, const ConfigKey& k) {
                          out->append(k.name.data(), k.name.size());
                        })));
  }
  if (!IsValid(*known, value)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s takes %s, not %s", key, WhatItTakes(*known), Quote(value)));
  }
  return absl::OkStatus();
}

}  // namespace quorate::controller
