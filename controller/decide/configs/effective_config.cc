#include "controller/decide/configs/effective_config.h"

#include "base/check.h"
#include "metadata/configs/config_keys.h"
#include "metadata/image_state.h"

namespace quorate::controller {

using metadata::ConfigKey;
using metadata::ConfigResourceType;
using metadata::ConfigsImage;

namespace {

// Returns null if `values` is null or does not have the key.
const std::string* FindValue(const ConfigsImage::Values* values, std::string_view key) {
  if (values == nullptr) return nullptr;
  const auto it = values->find(std::string(key));
  return it == values->end() ? nullptr : &it->second;
}

}  // namespace

const ConfigsImage::Values* OwnConfigsOf(const metadata::MetadataImage& image,
                                         const metadata::TopicImage& topic) {
  return image.Get<ConfigsImage>().Find(ConfigResourceType::kTopic, topic.name());
}

std::string EffectiveTopicConfig(const ConfigsImage& configs, const ConfigsImage::Values* own,
                                 std::string_view key) {
  if (const std::string* value = FindValue(own, key)) return *value;
  const ConfigKey* topic_key = metadata::FindConfigKey(ConfigResourceType::kTopic, key);
  CHECK(topic_key != nullptr) << key;
  const auto* defaults = configs.Find(ConfigResourceType::kBroker, metadata::kDefaultOfBrokers);
  if (const std::string* value = FindValue(defaults, topic_key->synonym.name)) return *value;
  return metadata::DefaultConfigValue(*topic_key);
}

std::vector<ConfigSetting> ConfigSettings(const ConfigsImage& configs, ConfigResourceType type,
                                          std::string_view resource, const ConfigKey& key,
                                          std::string_view name) {
  std::vector<ConfigSetting> settings;
  const auto add = [&](const ConfigsImage::Values* values, std::string_view of,
                       ConfigSource source) {
    if (const std::string* value = FindValue(values, of)) {
      settings.push_back({std::string(of), *value, source});
    }
  };
  const bool is_topic = type == ConfigResourceType::kTopic;
  const auto* defaults = configs.Find(ConfigResourceType::kBroker, metadata::kDefaultOfBrokers);
  const auto* own =
      !is_topic && resource == metadata::kDefaultOfBrokers ? nullptr : configs.Find(type, resource);
  if (is_topic) {
    add(own, name, ConfigSource::kTopic);
  } else if (metadata::IsListenerConfig(name)) {
    add(own, name, ConfigSource::kBroker);
  }
  const ConfigKey* next = is_topic ? metadata::SynonymOf(key) : &key;
  for (; next != nullptr; next = metadata::SynonymOf(*next)) {
    if (!is_topic) add(own, next->name, ConfigSource::kBroker);
    add(defaults, next->name, ConfigSource::kDefaultOfBrokers);
  }
  for (next = &key; next != nullptr; next = metadata::SynonymOf(*next)) {
    if (next->default_value.empty()) continue;
    settings.push_back(
        {std::string(next->name), std::string(next->default_value), ConfigSource::kBuiltIn});
    break;
  }
  return settings;
}

}  // namespace quorate::controller
