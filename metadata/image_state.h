// What a MetadataImage points to. Internal to metadata/: only the image reads it, and only
// ImageBuilder changes it.
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

// Topics by id. The shard is the id's first ten bits (ids are random), so that the order of the
// shards is the order of the ids.
struct TopicsById {
  using Entry = TopicPtr;
  using Key = Uuid;
  static const Uuid& KeyOf(const TopicPtr& topic) { return topic->id(); }
  static size_t ShardOf(const Uuid& id) {
    const std::string_view bytes = id.bytes();
    return (static_cast<uint8_t>(bytes[0]) << 2) | (static_cast<uint8_t>(bytes[1]) >> 6);
  }
};

// Topic ids by the hash of their normalized name (NormalizedNameHash). One index answers both "the
// topic of this name" and "a topic whose name collides with this one".
struct TopicIdsByNameHash {
  using Entry = std::pair<uint64_t, Uuid>;
  using Key = Entry;
  static const Key& KeyOf(const Entry& entry) { return entry; }
  static size_t ShardOf(const Key& key) { return key.first >> 54; }
};

// The configs of one resource. Never empty.
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

// XXH3 of `name` with every '.' taken for '_', as Kafka does in the names of metrics.
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
  // Copied as a whole: brokers are few and seldom change.
  std::shared_ptr<const Brokers> brokers = std::make_shared<Brokers>();
  ShardedMap<ConfigsByResource> configs;
  RequestResultTable request_results;
};

}  // namespace quorate::metadata
