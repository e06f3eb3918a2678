#include "cli/config_resources.h"

namespace quorate::cli {

using admin::v1::ConfigResource;

std::vector<ConfigResource> ConfigResourceFlags::Resources() const {
  std::vector<ConfigResource> resources;
  const auto add = [&](ConfigResource::Type type, const std::string& name) {
    resources.emplace_back().set_type(type);
    resources.back().set_name(name);
  };
  for (const std::string& topic : topics) add(ConfigResource::TOPIC, topic);
  for (const std::string& broker : brokers) add(ConfigResource::BROKER, broker);
  // The default of all brokers is the broker without a name.
  if (broker_default) add(ConfigResource::BROKER, "");
  return resources;
}

void AddConfigResourceFlags(CLI::App* verb, ConfigResourceFlags* flags) {
  verb->add_option("--topic", flags->topics, "A topic. May be repeated.")
      ->type_name("NAME")
      ->allow_extra_args(false);
  verb->add_option("--broker", flags->brokers, "A registered broker. May be repeated.")
      ->type_name("ID")
      ->allow_extra_args(false);
  verb->add_flag("--broker-default", flags->broker_default, "The default of all brokers.");
}

std::string ConfigResourceText(const ConfigResource& resource) {
  if (resource.type() == ConfigResource::TOPIC) return "topic " + resource.name();
  return resource.name().empty() ? "broker default" : "broker " + resource.name();
}

}  // namespace quorate::cli
