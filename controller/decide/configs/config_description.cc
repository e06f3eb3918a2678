#include "controller/decide/configs/config_description.h"

#include <algorithm>
#include <map>
#include <string>

#include "controller/decide/configs/config_keys.h"
#include "controller/decide/configs/config_resource.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigDescription;
using metadata::ConfigResourceType;

ItemError DescribeConfigsOf(const metadata::MetadataImage& image,
                            const admin::v1::DescribeConfigsRequest::Query& query,
                            google::protobuf::RepeatedPtrField<ConfigDescription>* configs) {
  if (auto error = CheckConfigResource(image, query.resource())) return error;
  const ConfigResourceType type = TypeOf(query.resource());
  for (const std::string& key : query.keys()) {
    if (FindConfigKey(type, key) == nullptr) {
      return MakeItemError(common::v1::INVALID_CONFIG,
                           std::string(UnknownConfigKey(type, key).message()));
    }
  }
  const std::map<std::string, std::string> set = image.Configs(type, query.resource().name());
  for (const ConfigKey& key : ConfigKeysOf(type)) {
    const auto& wanted = query.keys();
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), key.name) == wanted.end()) {
      continue;
    }
    const auto found = set.find(std::string(key.name));
    ConfigDescription* config = configs->Add();
    config->set_key(std::string(key.name));
    config->set_default_value(std::string(key.default_value));
    if (found == set.end()) {
      config->set_value(std::string(key.default_value));
      config->set_source(ConfigDescription::DEFAULT_CONFIG);
    } else {
      config->set_value(found->second);
      config->set_source(type == ConfigResourceType::kTopic
                             ? ConfigDescription::DYNAMIC_TOPIC_CONFIG
                             : ConfigDescription::DYNAMIC_BROKER_CONFIG);
    }
  }
  return std::nullopt;
}

}  // namespace

admin::v1::DescribeConfigsResponse DescribeConfigs(
    const metadata::MetadataImage& image, const admin::v1::DescribeConfigsRequest& request) {
  admin::v1::DescribeConfigsResponse response;
  for (const auto& query : request.resources()) {
    auto* result = response.add_results();
    *result->mutable_resource() = query.resource();
    if (auto error = DescribeConfigsOf(image, query, result->mutable_configs())) {
      *result->mutable_error() = ToError(*error);
    }
  }
  response.set_end_offset(image.end_offset().value());
  return response;
}

}  // namespace quorate::controller
