// Describes the configs of an image. Used for reads on every controller.
#pragma once

#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Describes the keys that each resource can have, and the configs of a broker's listeners. Secrets
// are left out. Errors of items: those of CheckConfigResource, and INVALID_CONFIG for an unknown
// key.
admin::v1::DescribeConfigsResponse DescribeConfigs(
    const metadata::MetadataImage& image, const admin::v1::DescribeConfigsRequest& request);

}  // namespace quorate::controller
