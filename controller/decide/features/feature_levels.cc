#include "controller/decide/features/feature_levels.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "controller/decide/features/complaints.h"
#include "metadata/broker_details.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using metadata::FeatureRange;
using metadata::KnownFeature;

// Returns why the broker prevents the level; nullopt if it does not.
std::optional<std::string> Complaint(const metadata::BrokerRegistration& broker,
                                     const KnownFeature& feature, uint32_t level) {
  const FeatureRange range = SupportedLevels(broker, feature.name);
  if (Supports(range, level)) return std::nullopt;
  return absl::StrFormat(
      "broker %d supports the levels %d to %d: restart it with a program that supports level %d, "
      "or unregister it if it is gone",
      broker.id.value(), range.min_level, range.max_level, level);
}

}  // namespace

FeatureRange SupportedLevels(const metadata::BrokerRegistration& broker, std::string_view feature) {
  const FeatureRange* named = broker.details->FindFeature(feature);
  return named != nullptr
             ? *named
             : FeatureRange{.name = std::string(feature), .min_level = 0, .max_level = 0};
}

bool Supports(const FeatureRange& range, uint32_t level) {
  return level == 0 || (range.min_level <= level && level <= range.max_level);
}

std::string DowngradeProblem(std::string_view feature, uint32_t current, uint32_t level,
                             bool downgrade) {
  if (level < current && !downgrade) {
    return absl::StrFormat(
        "%s is %d and cannot become %d in an upgrade; use 'quoratectl features downgrade'", feature,
        current, level);
  }
  if (level > current && downgrade) {
    return absl::StrFormat("%s is %d, so a downgrade cannot make it %d", feature, current, level);
  }
  return "";
}

ItemError CheckFeatureLevel(const metadata::MetadataImage& image, uint32_t metadata_version,
                            const FeatureLevelUpdate& update) {
  const KnownFeature& feature = metadata::kKnownFeatures[update.feature];
  const uint32_t current = image.Get<metadata::FeaturesImage>().LevelOf(update.feature);
  const auto refuse = [&](const std::string& why) {
    return MakeItemError(
        common::v1::INVALID_UPDATE_VERSION,
        absl::StrFormat("%s cannot become %d: %s", feature.name, update.level, why));
  };
  if (update.level > feature.max_level) {
    return refuse(
        absl::StrFormat("the active controller supports level %d at most", feature.max_level));
  }
  std::string problem = DowngradeProblem(feature.name, current, update.level, update.downgrade);
  if (!problem.empty()) {
    return MakeItemError(common::v1::INVALID_UPDATE_VERSION, std::move(problem));
  }
  if (metadata_version < feature.needs_metadata_version) {
    return refuse(absl::StrFormat(
        "it needs metadata version %d, but the cluster has version %d; run 'quoratectl features "
        "upgrade' first",
        feature.needs_metadata_version, metadata_version));
  }
  Complaints complaints;
  for (const auto& [id, broker] : image.brokers()) {
    complaints.Add(Complaint(*broker, feature, update.level));
  }
  if (!complaints.empty()) return refuse(complaints.Text());
  return std::nullopt;
}

}  // namespace quorate::controller
