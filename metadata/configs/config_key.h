// One configuration key: the values that it takes, where it may be set, and what it means. The keys
// are data (topic_keys.cc, broker_keys.cc). Names, types, ranges and defaults are those of Kafka
// 4.1.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace quorate::metadata {

// The numbers are those of Kafka's DescribeConfigs.
enum class ConfigType {
  kBoolean = 1,
  kString = 2,
  kInt = 3,
  kShort = 4,
  kLong = 5,
  kDouble = 6,
  kList = 7,
  kClass = 8,
  // A secret. It is stored and sent to brokers, and never shown.
  kPassword = 9,
};

// What a value must be, besides of its type. The functions below make these.
struct ConfigValues {
  // The range of a number. A type may be narrower.
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  // -1 is accepted, too.
  bool or_minus_one = false;
  // The accepted words of a string or list, comma-separated. If empty, any.
  std::string_view words = {};
  // A list of PARTITION:BROKER, or the list "*".
  bool is_throttled_replicas = false;
  // HOST:COUNT, comma-separated.
  bool is_host_counts = false;
};

constexpr ConfigValues AnyValue() { return {}; }
constexpr ConfigValues AtLeast(int64_t min) { return {.min = min}; }
constexpr ConfigValues Between(int64_t min, int64_t max) { return {.min = min, .max = max}; }
constexpr ConfigValues MinusOneOr(int64_t min, int64_t max) {
  return {.min = min, .max = max, .or_minus_one = true};
}
constexpr ConfigValues OneOf(std::string_view words) { return {.words = words}; }
constexpr ConfigValues ThrottledReplicas() { return {.is_throttled_replicas = true}; }
constexpr ConfigValues HostCounts() { return {.is_host_counts = true}; }

// Where a key may be set.
enum class ConfigUpdate {
  kTopic,
  // For one broker. Kafka: per-broker.
  kPerBroker,
  // For one broker, or as the default of all brokers. Kafka: cluster-wide.
  kClusterWide,
  // As the default of all brokers only. The controller decides by the value, and its decision
  // concerns all replicas of a partition.
  kDefaultOnly,
  // Only in a broker's own configuration file. The key explains the default of another one.
  kReadOnly,
};

// Whether a broker's key may be set for one listener, as listener.name.LISTENER.KEY.
enum class ConfigListener {
  kNever,
  kAllowed,
  // Also as listener.name.LISTENER.MECHANISM.KEY.
  kAllowedForMechanism,
  // The key may be set for a listener only.
  kRequired,
};

// Another key, always of brokers, that applies where a key is not set.
struct ConfigSynonym {
  std::string_view name = {};
  // The unit of the other key in units of the key, for example the milliseconds of an hour.
  int64_t unit = 1;
};

struct ConfigKey {
  std::string_view name;
  ConfigType type;
  // In canonical form. If empty, the default is that of the synonym, or there is none.
  std::string_view default_value;
  ConfigValues values;
  ConfigUpdate update;
  // What the key does, in one sentence.
  std::string_view documentation;
  ConfigSynonym synonym = {};
  ConfigListener listener = ConfigListener::kNever;

  constexpr bool is_list() const { return type == ConfigType::kList; }
  constexpr bool is_sensitive() const { return type == ConfigType::kPassword; }
};

}  // namespace quorate::metadata
