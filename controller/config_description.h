// What configs hold, said of an image. For reads: on every controller.
#pragma once

#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Errors of items: CheckConfigResource's, and INVALID_CONFIG for a key that there is none of.
admin::v1::DescribeConfigsResponse DescribeConfigs(
    const metadata::MetadataImage& image, const admin::v1::DescribeConfigsRequest& request);

}  // namespace quorate::controller
