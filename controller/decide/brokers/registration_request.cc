#include "controller/decide/brokers/registration_request.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/host_port.h"
#include "base/quote.h"
#include "controller/answer.h"
#include "controller/decide/features/feature_levels.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using broker::v1::RegisterBrokerRequest;
using common::v1::Error;
using metadata::BrokerDetails;
using metadata::BrokerRegistration;
using metadata::FeatureRange;
using metadata::MetadataImage;

constexpr size_t kMaxRackBytes = 255;

absl::StatusOr<BrokerDetails> ParseDetails(const RegisterBrokerRequest& request) {
  BrokerDetails details;
  for (const common::v1::BrokerListener& listener : request.listeners()) {
    const auto endpoint = ParseAdvertised(listener.endpoint());
    if (!endpoint.ok()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "the listener %s: %s", Quote(listener.name()), std::string(endpoint.status().message())));
    }
    details.listeners.push_back(
        {.name = listener.name(),
         .endpoint = *endpoint,
         .security_protocol = static_cast<uint32_t>(listener.security_protocol())});
  }
  for (const common::v1::FeatureRange& feature : request.features()) {
    details.features.push_back({.name = feature.name(),
                                .min_level = feature.min_level(),
                                .max_level = feature.max_level()});
  }
  for (const std::string& directory : request.log_directories()) {
    const auto id = Uuid::FromBytes(directory);
    if (!id) {
      return absl::InvalidArgumentError(
          absl::StrFormat("a log directory id has %d bytes, not 16", directory.size()));
    }
    details.log_directories.push_back(*id);
  }
  // Records have sorted lists, so that equal registrations have equal bytes. Requests may have any
  // order.
  std::sort(details.features.begin(), details.features.end(),
            [](const FeatureRange& a, const FeatureRange& b) { return a.name < b.name; });
  std::sort(details.log_directories.begin(), details.log_directories.end());
  RETURN_IF_ERROR(metadata::CheckDetails(details));
  return details;
}

// Returns UNSUPPORTED_VERSION unless the broker supports the log's metadata version.
std::optional<Error> CheckSupportsVersion(const MetadataImage& image,
                                          const BrokerRegistration& registration) {
  const uint32_t level = image.metadata_version();
  const FeatureRange* named = registration.details->FindFeature(metadata::kMetadataVersionFeature);
  const uint32_t min_level = named == nullptr ? 1 : named->min_level;
  const uint32_t max_level = named == nullptr ? 1 : named->max_level;
  if (min_level <= level && level <= max_level) return std::nullopt;
  return MakeError(
      common::v1::UNSUPPORTED_VERSION,
      absl::StrFormat("broker %d supports the metadata versions %d to %d, but the cluster has "
                      "version %d; %s",
                      registration.id.value(), min_level, max_level, level,
                      level > max_level ? "upgrade the broker's program"
                                        : "run 'quoratectl features upgrade' first, or an older "
                                          "program as this broker"));
}

}  // namespace

absl::StatusOr<BrokerRegistration> ParseRegistration(const RegisterBrokerRequest& request) {
  if (request.broker_id() < 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("broker id %d is negative; ids are 0 or more", request.broker_id()));
  }
  const auto incarnation = Uuid::FromBytes(request.incarnation_id());
  if (!incarnation || incarnation->is_zero()) {
    return absl::InvalidArgumentError("the incarnation id is not 16 bytes or is zero");
  }
  if (request.rack().size() > kMaxRackBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("the rack %s is longer than %d bytes",
                                                      Quote(request.rack()), kMaxRackBytes));
  }
  ASSIGN_OR_RETURN(const HostPort endpoint, ParseAdvertised(request.advertised_endpoint()));
  ASSIGN_OR_RETURN(BrokerDetails details, ParseDetails(request));
  return BrokerRegistration{.id = BrokerId(request.broker_id()),
                            .incarnation_id = *incarnation,
                            .endpoint = endpoint,
                            .rack = request.rack(),
                            .details = std::move(details)};
}

std::optional<Error> CheckRegistration(const RegisterBrokerRequest& request,
                                       const std::string& cluster_id) {
  if (request.cluster_id() != cluster_id) {
    return MakeError(common::v1::INCONSISTENT_CLUSTER_ID,
                     absl::StrFormat("broker %d is configured for cluster %s; this is cluster %s",
                                     request.broker_id(), Quote(request.cluster_id()), cluster_id));
  }
  const absl::Status status = ParseRegistration(request).status();
  if (status.ok()) return std::nullopt;
  return MakeError(common::v1::INVALID_REGISTRATION, std::string(status.message()));
}

std::optional<Error> CheckSupportsLevels(const MetadataImage& image,
                                         const BrokerRegistration& registration) {
  if (auto error = CheckSupportsVersion(image, registration)) return error;
  const auto& features = image.Get<metadata::FeaturesImage>();
  for (size_t i = 0; i < metadata::kKnownFeatures.size(); ++i) {
    const std::string_view name = metadata::kKnownFeatures[i].name;
    const uint32_t level = features.LevelOf(i);
    const FeatureRange range = SupportedLevels(registration, name);
    if (Supports(range, level)) continue;
    return MakeError(
        common::v1::UNSUPPORTED_VERSION,
        absl::StrFormat("broker %d supports the levels %d to %d of %s, but the cluster "
                        "has level %d; run a program that supports it as this broker",
                        registration.id.value(), range.min_level, range.max_level, name, level));
  }
  return std::nullopt;
}

}  // namespace quorate::controller
