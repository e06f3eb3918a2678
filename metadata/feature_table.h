// The features whose finalized levels the log can have besides metadata.version (KIP-584): their
// names, highest levels and default levels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace quorate::metadata {

// A feature besides metadata.version. Its lowest level is 0: the cluster does not use it.
struct KnownFeature {
  // Kafka's name.
  std::string_view name;
  // The highest level that this program supports.
  uint32_t max_level = 0;
  // The level while the log has no record about it.
  uint32_t default_level = 0;
  // The metadata version that each level above 0 needs.
  uint32_t needs_metadata_version = 0;
};

// The metadata version from which on the log can have levels of these features.
inline constexpr uint32_t kFeatureLevelsVersion = 3;

inline constexpr std::string_view kEligibleLeaderReplicasFeature =
    "eligible.leader.replicas.version";

// Ascending by name. The levels are those of Kafka 4.1. Controllers act on
// eligible.leader.replicas.version alone; the others tell brokers what all of them may use.
inline constexpr std::array kKnownFeatures = {
    KnownFeature{kEligibleLeaderReplicasFeature, 1, 0, kFeatureLevelsVersion},
    KnownFeature{"group.version", 1, 0, kFeatureLevelsVersion},
    KnownFeature{"share.version", 1, 0, kFeatureLevelsVersion},
    KnownFeature{"transaction.version", 2, 0, kFeatureLevelsVersion},
};

// Returns the position of the feature in kKnownFeatures; nullopt if there is no such feature.
constexpr std::optional<size_t> FindFeature(std::string_view name) {
  for (size_t i = 0; i < kKnownFeatures.size(); ++i) {
    if (kKnownFeatures[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace quorate::metadata
