// Decides which levels the features besides metadata.version may get (Kafka's UpdateFeatures).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "controller/decide/item_results.h"
#include "metadata/broker_details.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// A new level of one of metadata::kKnownFeatures, which the image does not have.
struct FeatureLevelUpdate {
  // The position in metadata::kKnownFeatures.
  size_t feature = 0;
  uint32_t level = 0;
  // Whether the level is meant to be lower than the present one.
  bool downgrade = false;
};

// Returns the levels that the broker supports of a feature besides metadata.version: only level 0
// of a feature that it does not name.
metadata::FeatureRange SupportedLevels(const metadata::BrokerRegistration& broker,
                                       std::string_view feature);

// Returns whether a broker with this range can be in a cluster whose feature has the level. Every
// broker can if the cluster does not use the feature.
bool Supports(const metadata::FeatureRange& range, uint32_t level);

// Returns INVALID_UPDATE_VERSION if the feature cannot get the level: this program does not know
// the level, `downgrade` does not fit it, `metadata_version`, which the log has after the request,
// is too low, or a registered broker does not support the level. The message names up to ten
// brokers with the remedy. Returns nullopt if the feature may get the level.
ItemError CheckFeatureLevel(const metadata::MetadataImage& image, uint32_t metadata_version,
                            const FeatureLevelUpdate& update);

// Returns the message of a refused update whose `downgrade` does not fit the level; "" if it fits.
std::string DowngradeProblem(std::string_view feature, uint32_t current, uint32_t level,
                             bool downgrade);

}  // namespace quorate::controller
