// Applies the changes of a request to the configs of one resource.
#pragma once

#include <google/protobuf/repeated_field.h>

#include "controller/decide/item_results.h"
#include "metadata/families/configs.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Applies all changes to `values`, the configs of the resource, or returns why that is not
// possible. After an error `values` is not valid. Values are stored in their canonical form.
// Errors: INVALID_REQUEST (a key twice, or an invalid operation), INVALID_CONFIG.
ItemError ApplyConfigChanges(
    const metadata::ConfigsImage& configs, const admin::v1::ConfigResource& resource,
    const google::protobuf::RepeatedPtrField<admin::v1::ConfigChange>& changes,
    metadata::ConfigsImage::Values* values);

// Returns INVALID_CONFIG if the values that apply to a topic with these configs exclude each other.
ItemError CheckTopicConfigs(const metadata::ConfigsImage& configs,
                            const metadata::ConfigsImage::Values& values);

}  // namespace quorate::controller
