// ConfigsImage holds the configs of topics, of brokers, and of the default of all brokers. Kafka:
// ConfigurationsImage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "metadata/config_resource.h"
#include "metadata/record_family.h"
#include "metadata/sharded_map.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// The metadata version from which on the default of all brokers has configs.
inline constexpr uint32_t kDefaultBrokerConfigsVersion = 3;

// The resource that holds the default of all brokers is the broker without a name.
inline constexpr std::string_view kDefaultOfBrokers = "";

// A record family (record_family.h).
class ConfigsImage {
 public:
  using Kinds = RecordKinds<RecordKind<v1::Record::kConfig, &v1::Record::config>>;
  // Values by key.
  using Values = std::map<std::string, std::string>;

  // Returns null if the resource has no configs.
  const Values* Find(ConfigResourceType type, std::string_view name) const;
  // Calls `fn` for each resource that has configs, ordered by type, then by name.
  void ForEachResource(
      absl::FunctionRef<void(ConfigResourceType, const std::string&, const Values&)> fn) const;

  // Calls `fn`(type, name, before, now) for each resource whose configs changed between `before`
  // and this later image. One of the pointers is null if the resource had or has no configs. Takes
  // time proportional to the changes, plus at most one pointer comparison for each shard.
  void ForEachChangedResource(const ConfigsImage& before,
                              absl::FunctionRef<void(ConfigResourceType, const std::string&,
                                                     const Values* before, const Values* now)>
                                  fn) const;

  // Deletes all configs of a resource that is removed.
  void RemoveResource(ConfigResourceType type, std::string_view name);

  absl::Status Replay(const v1::ConfigRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::ConfigRecord& record, size_t max_items);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(HashSections& sections) const;
  void AddToText(std::string& text) const;

 private:
  // A resource without configs has no entry, so `values` is never empty.
  struct Resource {
    ConfigResourceType type = ConfigResourceType::kTopic;
    std::string name;
    Values values;
  };
  struct ByResource {
    using Entry = std::shared_ptr<const Resource>;
    using Key = std::pair<ConfigResourceType, std::string_view>;
    static Key KeyOf(const Entry& resource) { return {resource->type, resource->name}; }
    static size_t ShardOf(const Key& key);
  };

  // Returns the resources that have configs, ordered by type, then by name.
  std::vector<const Resource*> Sorted() const;

  void Set(ConfigResourceType type, const std::string& name, const std::string& key,
           const std::string& value);
  // Does nothing if there is no such key.
  void Delete(ConfigResourceType type, const std::string& name, const std::string& key);

  ShardedMap<ByResource> resources_;
};

// If `value` is nullopt, the record deletes the key.
v1::Record MakeConfigRecord(ConfigResourceType type, std::string_view name, std::string_view key,
                            std::optional<std::string_view> value);

}  // namespace quorate::metadata
