// The content of a MetadataImage. Internal to metadata/: MetadataImage and ChangedPartitions read
// it, and only ImageBuilder changes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "metadata/request_result_table.h"
#include "metadata/sharded_map.h"

namespace quorate::metadata {

// Topics by id. The shard is the first ten bits of the id. Ids are random, so shards fill evenly,
// and the order of the shards is the order of the ids.
struct TopicsById {
  using Entry = TopicPtr;
  using Key = Uuid;
  static const Uuid& KeyOf(const TopicPtr& topic) { return topic->id(); }
  static size_t ShardOf(const Uuid& id) {
    const std::string_view bytes = id.bytes();
    return (static_cast<uint8_t>(bytes[0]) << 2) | (static_cast<uint8_t>(bytes[1]) >> 6);
  }
};

// Topic ids by the hash of the topic's normalized name (NormalizedNameHash). The same index finds
// the topic that has a name and a topic whose name collides with it.
struct TopicIdsByNameHash {
  using Entry = std::pair<uint64_t, Uuid>;
  using Key = Entry;
  static const Key& KeyOf(const Entry& entry) { return entry; }
  static size_t ShardOf(const Key& key) { return key.first >> 54; }
};

// The configs of one resource. A resource without configs has no entry, so `values` is never empty.
struct ResourceConfigs {
  ConfigResourceType type = ConfigResourceType::kTopic;
  std::string name;
  std::map<std::string, std::string> values;
};

struct ConfigsByResource {
  using Entry = std::shared_ptr<const ResourceConfigs>;
  using Key = std::pair<ConfigResourceType, std::string_view>;
  static Key KeyOf(const Entry& configs) { return {configs->type, configs->name}; }
  static size_t ShardOf(const Key& key);
};

// Returns XXH3-64 of `name` with every '.' replaced by '_', as Kafka does in the names of metrics.
uint64_t NormalizedNameHash(std::string_view name);

struct MetadataImage::State {
  using Brokers = std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>;

  RecordOffset end_offset;
  Epoch last_epoch;
  int64_t last_append_time_ms = 0;
  uint32_t metadata_version = 0;

  int64_t partition_count = 0;
  ShardedMap<TopicsById> topics;
  ShardedMap<TopicIdsByNameHash> topic_names;
  // Copied as a whole when a broker changes: brokers are few and seldom change.
  std::shared_ptr<const Brokers> brokers = std::make_shared<Brokers>();
  ShardedMap<ConfigsByResource> configs;
  RequestResultTable request_results;
};

}  // namespace quorate::metadata
