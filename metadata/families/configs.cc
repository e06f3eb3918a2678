#include "metadata/families/configs.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/quote.h"
#include "metadata/configs/config_keys.h"
#include "metadata/copy_on_write.h"
#include "metadata/hash_sections.h"
#include "metadata/metadata_image.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"
#include "metadata/text_util.h"

namespace quorate::metadata {
namespace {

// Returns the value in quotes, or what stands for a secret.
std::string ShownValue(ConfigResourceType type, const std::string& key, const std::string& value) {
  return IsSensitiveConfig(type, key) ? kHiddenConfigValue : Quoted(value);
}

}  // namespace

v1::Record MakeConfigRecord(ConfigResourceType type, std::string_view name, std::string_view key,
                            std::optional<std::string_view> value) {
  v1::Record record;
  v1::ConfigRecord& fields = *record.mutable_config();
  fields.set_resource_type(static_cast<v1::ConfigRecord::ResourceType>(type));
  fields.set_resource_name(std::string(name));
  fields.set_key(std::string(key));
  if (value.has_value()) fields.set_value(std::string(*value));
  return record;
}

size_t ConfigsImage::ByResource::ShardOf(const Key& key) {
  return XXH3_64bits_withSeed(key.second.data(), key.second.size(),
                              static_cast<XXH64_hash_t>(key.first)) >>
         54;
}

const ConfigsImage::Values* ConfigsImage::Find(ConfigResourceType type,
                                               std::string_view name) const {
  const ByResource::Entry* resource = resources_.Find({type, name});
  return resource == nullptr ? nullptr : &(*resource)->values;
}

std::vector<const ConfigsImage::Resource*> ConfigsImage::Sorted() const {
  std::vector<const Resource*> resources;
  resources.reserve(resources_.size());
  resources_.ForEach(
      [&](const ByResource::Entry& resource) { resources.push_back(resource.get()); });
  std::sort(resources.begin(), resources.end(), [](const Resource* a, const Resource* b) {
    return std::tie(a->type, a->name) < std::tie(b->type, b->name);
  });
  return resources;
}

void ConfigsImage::ForEachResource(
    absl::FunctionRef<void(ConfigResourceType, const std::string&, const Values&)> fn) const {
  for (const Resource* resource : Sorted()) fn(resource->type, resource->name, resource->values);
}

void ConfigsImage::ForEachChangedResource(
    const ConfigsImage& before, absl::FunctionRef<void(ConfigResourceType, const std::string&,
                                                       const Values* before, const Values* now)>
                                    fn) const {
  resources_.ForEachChange(
      before.resources_, [&fn](const ByResource::Entry* old, const ByResource::Entry* now) {
        const Resource& resource = now != nullptr ? **now : **old;
        fn(resource.type, resource.name, old == nullptr ? nullptr : &(*old)->values,
           now == nullptr ? nullptr : &(*now)->values);
      });
}

void ConfigsImage::RemoveResource(ConfigResourceType type, std::string_view name) {
  if (resources_.Find({type, name}) != nullptr) resources_.Erase({type, name});
}

void ConfigsImage::Set(ConfigResourceType type, const std::string& name, const std::string& key,
                       const std::string& value) {
  if (resources_.Find({type, name}) == nullptr) {
    resources_.Put(std::make_shared<Resource>(Resource{.type = type, .name = name, .values = {}}));
  }
  Own(resources_.Mutable({type, name})).values[key] = value;
}

void ConfigsImage::Delete(ConfigResourceType type, const std::string& name,
                          const std::string& key) {
  const Values* values = Find(type, name);
  if (values == nullptr || values->count(key) == 0) return;
  Resource& resource = Own(resources_.Mutable({type, name}));
  resource.values.erase(key);
  if (resource.values.empty()) resources_.Erase({type, name});
}

absl::Status ConfigsImage::Replay(const v1::ConfigRecord& record, const ReplayContext& context) {
  if (record.key().empty()) return Malformed("the key is empty");
  const auto type = static_cast<ConfigResourceType>(record.resource_type());
  switch (record.resource_type()) {
    case v1::ConfigRecord::RESOURCE_TYPE_TOPIC:
      if (context.image.FindTopicByName(record.resource_name()) == nullptr) {
        return Contradiction("there is no topic %s", Quote(record.resource_name()));
      }
      break;
    case v1::ConfigRecord::RESOURCE_TYPE_BROKER: {
      if (record.resource_name().empty()) {
        const uint32_t version = context.image.metadata_version();
        if (version >= kDefaultBrokerConfigsVersion) break;
        return Contradiction(
            "the default of all brokers needs metadata version %d, but the log has version %d",
            kDefaultBrokerConfigsVersion, version);
      }
      int32_t id = -1;
      if (!absl::SimpleAtoi(record.resource_name(), &id) || id < 0 ||
          std::to_string(id) != record.resource_name()) {
        return Malformed("%s is not a broker id", Quote(record.resource_name()));
      }
      break;
    }
    case v1::ConfigRecord::RESOURCE_TYPE_UNSPECIFIED:
      return Malformed("the resource type is not set");
    default:
      return absl::UnimplementedError(
          absl::StrFormat("unknown resource type %d; upgrade this program",
                          static_cast<int>(record.resource_type())));
  }
  if (record.has_value()) {
    Set(type, record.resource_name(), record.key(), record.value());
  } else {
    Delete(type, record.resource_name(), record.key());
  }
  return absl::OkStatus();
}

std::string ConfigsImage::TextOf(const v1::ConfigRecord& record, size_t /*max_items*/) {
  const auto type = static_cast<ConfigResourceType>(record.resource_type());
  return absl::StrCat("Config ", ConfigResourceText(type), " ", Quoted(record.resource_name()), " ",
                      absl::CHexEscape(record.key()), record.has_value() ? "=" : " deleted",
                      record.has_value() ? ShownValue(type, record.key(), record.value()) : "");
}

void ConfigsImage::AddToSnapshot(SnapshotSections& sections) const {
  struct Config {
    ConfigResourceType type = ConfigResourceType::kTopic;
    std::string_view name;
    std::string_view key;
    std::string_view value;
  };
  std::vector<Config> configs;
  ForEachResource([&](ConfigResourceType type, const std::string& name, const Values& values) {
    for (const auto& [key, value] : values) configs.push_back({type, name, key, value});
  });
  sections.Add(std::move(configs), [](const Config& config, v1::Record* record) {
    *record = MakeConfigRecord(config.type, config.name, config.key, config.value);
  });
}

void ConfigsImage::AddToHash(HashSections& sections) const {
  sections.Add([resources = Sorted(), next = size_t{0}](ContentHasher& hasher) mutable {
    constexpr size_t kPiece = 100;
    const size_t stop = std::min(next + kPiece, resources.size());
    for (; next < stop; ++next) {
      const Resource& resource = *resources[next];
      hasher.Add(static_cast<int64_t>(resource.type));
      hasher.Add(resource.name);
      hasher.Add(static_cast<int64_t>(resource.values.size()));
      for (const auto& [key, value] : resource.values) {
        hasher.Add(key);
        hasher.Add(value);
      }
    }
    if (next < resources.size()) return true;
    hasher.Add(int64_t{0});  // ends the list of resources: 0 is not a resource type
    return false;
  });
}

void ConfigsImage::AddToText(std::string& text) const {
  ForEachResource([&](ConfigResourceType type, const std::string& name, const Values& values) {
    for (const auto& [key, value] : values) {
      absl::StrAppend(&text, "config ", ConfigResourceText(type), " ",
                      name.empty() ? "(default)" : name, " ", absl::CHexEscape(key), "=",
                      ShownValue(type, key, value), "\n");
    }
  });
}

}  // namespace quorate::metadata
