// The value of a configuration key that applies to a resource, and where it comes from. Every
// decision that depends on the config of a topic reads it here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metadata/configs/config_key.h"
#include "metadata/families/configs.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// Where a value is set, from the nearest to the farthest.
enum class ConfigSource { kTopic, kBroker, kDefaultOfBrokers, kBuiltIn };

// A place where a value is set for a key or for one of its synonyms.
struct ConfigSetting {
  std::string key;
  // In the unit of `key`.
  std::string value;
  ConfigSource source = ConfigSource::kBuiltIn;
};

// Returns the configs that the topic itself has; null if it has none.
const metadata::ConfigsImage::Values* OwnConfigsOf(const metadata::MetadataImage& image,
                                                   const metadata::TopicImage& topic);

// Returns the value that applies to a topic: its own, the default of all brokers, or the built-in
// default. The configs of single brokers do not count, because a decision concerns all replicas.
// `own` holds the topic's configs; null if it has none. REQUIRES: `key` is a key of topics.
std::string EffectiveTopicConfig(const metadata::ConfigsImage& configs,
                                 const metadata::ConfigsImage::Values* own, std::string_view key);

// Returns the settings of a key for a resource; the first one applies. The last one is the built-in
// default, if the key has one. `name` is the name of the key, which may be that of a listener.
std::vector<ConfigSetting> ConfigSettings(const metadata::ConfigsImage& configs,
                                          metadata::ConfigResourceType type,
                                          std::string_view resource, const metadata::ConfigKey& key,
                                          std::string_view name);

}  // namespace quorate::controller
