// How much work one request asks for: the limits of every request, and what is too much for the
// controller's loop. Each decision has a CheckSize and an IsLarge for its requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "metadata/metadata_image.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

struct RequestLimits {
  // Topics, resources and their changes: whatever gets a record or a result of its own.
  int64_t max_items = 20'000;
  // Partitions that are created or altered.
  int64_t max_partitions = 200'000;
};

// Returns POLICY_VIOLATION, with the count and the limit, if `count` is above `limit`. `what` names
// what is counted, for example "topics".
std::optional<common::v1::Error> CheckCount(int64_t count, int64_t limit, std::string_view what);

// The estimated cost of a request. The unit is about a microsecond (decision_benchmark.cc).
inline constexpr int64_t kCostPerTopic = 15;
inline constexpr int64_t kCostPerConfig = 5;
// How many bytes of a config's value cost one unit.
inline constexpr int64_t kValueBytesPerCost = 64;
inline constexpr int64_t kCostPerPartition = 1;
// A request that costs more is large: it would stop the controller's loop for milliseconds.
inline constexpr int64_t kMaxCostOnLoop = 4'000;

// Returns the cost of a config with this value.
inline int64_t CostOfConfig(std::string_view value) {
  return kCostPerConfig + static_cast<int64_t>(value.size()) / kValueBytesPerCost;
}

// Returns the cost of looking at each partition of a topic. The topic may be null.
inline int64_t CostOfPartitions(const metadata::TopicPtr& topic) {
  return topic == nullptr ? 0 : kCostPerPartition * topic->partition_count();
}

}  // namespace quorate::controller
