// What describe calls say about an image. Controllers and brokers answer with the same functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/types.pb.h"

namespace quorate::metadata {

// The topic, or the error UNKNOWN_TOPIC_OR_PARTITION under the name.
admin::v1::TopicDescription DescribeTopic(const MetadataImage& image, std::string_view name);

// The topics of these names, in their order; without names all topics, by name.
google::protobuf::RepeatedPtrField<admin::v1::TopicDescription> DescribeTopics(
    const MetadataImage& image, const google::protobuf::RepeatedPtrField<std::string>& names);

struct BrokerLoad {
  int32_t leaders = 0;
  int32_t replicas = 0;

  friend bool operator==(const BrokerLoad&, const BrokerLoad&) = default;
};

struct PartitionCounts {
  // Without a leader.
  int32_t offline = 0;
  // With an ISR smaller than the replica set.
  int32_t under_replicated = 0;
  // Of every registered broker, and of every other that replicas name.
  std::map<BrokerId, BrokerLoad> brokers;
};

// Linear in the partitions.
PartitionCounts CountPartitions(const MetadataImage& image);

}  // namespace quorate::metadata
