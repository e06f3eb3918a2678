// Answers describe calls from an image. Controllers and brokers use the same functions.
#pragma once

#include <string>
#include <string_view>

#include "metadata/metadata_image.h"
#include "quorate/admin/v1/types.pb.h"

namespace quorate::metadata {

// Returns the topic's description. If there is no such topic, returns a description that holds only
// the name and the error UNKNOWN_TOPIC_OR_PARTITION.
admin::v1::TopicDescription DescribeTopic(const MetadataImage& image, std::string_view name);

// Returns the description of a topic without its partitions, and of one partition.
admin::v1::TopicDescription DescribeTopicOnly(const MetadataImage& image, const TopicImage& topic);
admin::v1::PartitionDescription DescribePartition(const PartitionView& view);

// Returns the descriptions of the named topics, in the order of `names`. If `names` is empty,
// returns all topics, sorted by name.
google::protobuf::RepeatedPtrField<admin::v1::TopicDescription> DescribeTopics(
    const MetadataImage& image, const google::protobuf::RepeatedPtrField<std::string>& names);

}  // namespace quorate::metadata
