// The resources that have configs, as requests name them.
#pragma once

#include <string>

#include "controller/item_results.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// INVALID_REQUEST: the type or a broker's id makes no sense. UNKNOWN_TOPIC_OR_PARTITION,
// BROKER_ID_NOT_REGISTERED: there is no such resource.
ItemError CheckConfigResource(const metadata::MetadataImage& image,
                              const admin::v1::ConfigResource& resource);

// REQUIRES: CheckConfigResource found nothing wrong.
metadata::ConfigResourceType TypeOf(const admin::v1::ConfigResource& resource);

// "topic orders", "broker 3".
std::string ToText(const admin::v1::ConfigResource& resource);

}  // namespace quorate::controller
