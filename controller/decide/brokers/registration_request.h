// Parses and checks requests to register a broker.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

// Returns the registration that the request asks for, without an epoch. INVALID_ARGUMENT names what
// is wrong with the request.
absl::StatusOr<metadata::BrokerRegistration> ParseRegistration(
    const broker::v1::RegisterBrokerRequest& request);

// Checks what the request alone shows. Returns INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION, or
// nullopt. The caller must not dial any endpoint for a request that is refused here.
std::optional<common::v1::Error> CheckRegistration(const broker::v1::RegisterBrokerRequest& request,
                                                   const std::string& cluster_id);

// Returns UNSUPPORTED_VERSION unless the broker supports the log's metadata version and the levels
// of the other features. A broker that does not name "metadata.version" supports version 1 only:
// programs of that version name no features. It supports only level 0 of any other feature that it
// does not name.
std::optional<common::v1::Error> CheckSupportsLevels(
    const metadata::MetadataImage& image, const metadata::BrokerRegistration& registration);

}  // namespace quorate::controller
