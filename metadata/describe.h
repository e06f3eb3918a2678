// What describe calls say about an image. Controllers and brokers answer with the same functions.
#pragma once

#include <string>
#include <string_view>

#include "metadata/metadata_image.h"
#include "quorate/admin/v1/types.pb.h"

namespace quorate::metadata {

// The topic, or the error UNKNOWN_TOPIC_OR_PARTITION under the name.
admin::v1::TopicDescription DescribeTopic(const MetadataImage& image, std::string_view name);

// The topics of these names, in their order; without names all topics, by name.
google::protobuf::RepeatedPtrField<admin::v1::TopicDescription> DescribeTopics(
    const MetadataImage& image, const google::protobuf::RepeatedPtrField<std::string>& names);

}  // namespace quorate::metadata
