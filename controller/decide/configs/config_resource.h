// Checks and names the resources that have configs, as requests give them.
#pragma once

#include <string>

#include "controller/decide/item_results.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Returns INVALID_REQUEST if the type or a broker id is invalid, UNKNOWN_TOPIC_OR_PARTITION or
// BROKER_ID_NOT_REGISTERED if the resource does not exist, and nullopt otherwise. A broker exists
// while it is registered or has configs. The default of all brokers, which has no name, always
// exists.
ItemError CheckConfigResource(const metadata::MetadataImage& image,
                              const admin::v1::ConfigResource& resource);

// REQUIRES: CheckConfigResource returned nullopt.
metadata::ConfigResourceType TypeOf(const admin::v1::ConfigResource& resource);

// For example "topic orders", "broker 3" or "the default of all brokers".
std::string ToText(const admin::v1::ConfigResource& resource);

}  // namespace quorate::controller
