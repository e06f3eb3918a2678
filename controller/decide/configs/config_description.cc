#include "controller/decide/configs/config_description.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/decide/configs/config_resource.h"
#include "controller/decide/configs/effective_config.h"
#include "metadata/configs/config_keys.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigDescription;
using admin::v1::DescribeConfigsRequest;
using metadata::ConfigKey;
using metadata::ConfigResourceType;
using metadata::ConfigsImage;

// More than any resource has.
constexpr int kMaxKeysOfQuery = 1'000;

ConfigDescription::Source SourceOf(ConfigSource source) {
  switch (source) {
    case ConfigSource::kTopic:
      return ConfigDescription::DYNAMIC_TOPIC_CONFIG;
    case ConfigSource::kBroker:
      return ConfigDescription::DYNAMIC_BROKER_CONFIG;
    case ConfigSource::kDefaultOfBrokers:
      return ConfigDescription::DYNAMIC_DEFAULT_BROKER_CONFIG;
    case ConfigSource::kBuiltIn:
      return ConfigDescription::DEFAULT_CONFIG;
  }
  CHECK(false) << "not a source";
}

// The keys of a description by name, which differs from that of the key for a listener's config.
using Keys = std::map<std::string, const ConfigKey*>;

bool IsOfEachBroker(const ConfigKey& key) {
  return key.update == metadata::ConfigUpdate::kPerBroker;
}

// Returns what there is to describe of a resource.
Keys KeysOf(const ConfigsImage& configs, ConfigResourceType type, const std::string& resource) {
  Keys keys;
  const bool is_default =
      type == ConfigResourceType::kBroker && resource == metadata::kDefaultOfBrokers;
  for (const ConfigKey& key : metadata::ConfigKeysOf(type)) {
    if (!is_default || !IsOfEachBroker(key)) keys.emplace(key.name, &key);
  }
  const ConfigsImage::Values* own = configs.Find(type, resource);
  if (own == nullptr) return keys;
  for (const auto& [name, value] : *own) {
    const ConfigKey* key = metadata::FindConfigKey(type, name);
    if (key != nullptr) keys.emplace(name, key);
  }
  return keys;
}

// Describes the configs of one resource.
class Describer {
 public:
  Describer(const metadata::MetadataImage& image, const DescribeConfigsRequest& request)
      : image_(image), configs_(image.Get<ConfigsImage>()), request_(request) {}

  ItemError Describe(const DescribeConfigsRequest::Query& query,
                     google::protobuf::RepeatedPtrField<ConfigDescription>* out) const {
    if (auto error = CheckConfigResource(image_, query.resource())) return error;
    const ConfigResourceType type = TypeOf(query.resource());
    const std::string& resource = query.resource().name();
    const Keys all = KeysOf(configs_, type, resource);
    if (query.keys_size() > kMaxKeysOfQuery) {
      return MakeItemError(common::v1::INVALID_REQUEST,
                           absl::StrFormat("the query names %d keys; name at most %d, or none for "
                                           "all configs",
                                           query.keys_size(), kMaxKeysOfQuery));
    }
    const std::set<std::string> wanted(query.keys().begin(), query.keys().end());
    Keys keys;
    for (const std::string& name : wanted) {
      const ConfigKey* key = metadata::FindConfigKey(type, name);
      if (key == nullptr) {
        return MakeItemError(common::v1::INVALID_CONFIG,
                             std::string(metadata::UnknownConfigKey(type, name).message()));
      }
      keys.emplace(name, key);
    }
    for (const auto& [name, key] : wanted.empty() ? all : keys) {
      Add(type, resource, name, *key, out->Add());
    }
    return std::nullopt;
  }

 private:
  void Add(ConfigResourceType type, const std::string& resource, const std::string& name,
           const ConfigKey& key, ConfigDescription* out) const {
    std::vector<ConfigSetting> settings = ConfigSettings(configs_, type, resource, key, name);
    out->set_key(name);
    out->set_default_value(metadata::DefaultConfigValue(key));
    const bool is_set = !settings.empty() && settings.front().source != ConfigSource::kBuiltIn;
    out->set_source(is_set ? SourceOf(settings.front().source) : ConfigDescription::DEFAULT_CONFIG);
    if (!key.is_sensitive()) {
      out->set_value(is_set ? settings.front().value : out->default_value());
    }
    out->set_is_sensitive(key.is_sensitive());
    out->set_is_read_only(key.update == metadata::ConfigUpdate::kReadOnly);
    out->set_type(static_cast<ConfigDescription::Type>(key.type));
    if (request_.include_documentation()) out->set_documentation(std::string(key.documentation));
    if (!request_.include_synonyms()) return;
    for (ConfigSetting& setting : settings) {
      ConfigDescription::Synonym* synonym = out->add_synonyms();
      synonym->set_key(std::move(setting.key));
      if (!key.is_sensitive()) synonym->set_value(std::move(setting.value));
      synonym->set_source(SourceOf(setting.source));
    }
  }

  const metadata::MetadataImage& image_;
  const ConfigsImage& configs_;
  const DescribeConfigsRequest& request_;
};

}  // namespace

admin::v1::DescribeConfigsResponse DescribeConfigs(const metadata::MetadataImage& image,
                                                   const DescribeConfigsRequest& request) {
  const Describer describer(image, request);
  admin::v1::DescribeConfigsResponse response;
  for (const auto& query : request.resources()) {
    auto* result = response.add_results();
    *result->mutable_resource() = query.resource();
    if (auto error = describer.Describe(query, result->mutable_configs())) {
      *result->mutable_error() = ToError(*error);
    }
  }
  response.set_end_offset(image.end_offset().value());
  return response;
}

}  // namespace quorate::controller
