// The fixture of the tests about configs.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "controller/decide/configs/config_decisions.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {

// Three brokers, and the topic "orders".
class ConfigFixture : public ::testing::Test {
 protected:
  using ConfigChange = admin::v1::ConfigChange;
  using ConfigResource = admin::v1::ConfigResource;
  using IncrementalAlterConfigsRequest = admin::v1::IncrementalAlterConfigsRequest;

  ConfigFixture() {
    cluster_.StartBrokers(3);
    cluster_.Create("orders", 1, 3);
  }

  static ConfigResource Resource(ConfigResource::Type type, const std::string& name) {
    ConfigResource resource;
    resource.set_type(type);
    resource.set_name(name);
    return resource;
  }
  static ConfigResource Topic(const std::string& name) {
    return Resource(ConfigResource::TOPIC, name);
  }
  static ConfigResource Broker(const std::string& id) {
    return Resource(ConfigResource::BROKER, id);
  }
  static ConfigResource AllBrokers() { return Broker(""); }

  static ConfigChange Change(ConfigChange::Operation operation, const std::string& key,
                             const std::string& value = "") {
    ConfigChange change;
    change.set_operation(operation);
    change.set_key(key);
    change.set_value(value);
    return change;
  }

  static IncrementalAlterConfigsRequest Request(const ConfigResource& resource,
                                                const std::vector<ConfigChange>& changes) {
    IncrementalAlterConfigsRequest request;
    auto* item = request.add_resources();
    *item->mutable_resource() = resource;
    item->mutable_changes()->Add(changes.begin(), changes.end());
    return request;
  }

  // Makes the decision and applies it.
  Decision<ItemResults> Alter(const IncrementalAlterConfigsRequest& request) {
    auto decision = DecideIncrementalAlterConfigs(cluster_.view(), request, cluster_.context());
    cluster_.Apply(decision);
    return decision;
  }
  // Returns the result for the only resource.
  ItemResult Alter(const ConfigResource& resource, const std::vector<ConfigChange>& changes) {
    return std::get<ItemResults>(Alter(Request(resource, changes)).answer).at(0);
  }
  std::map<std::string, std::string> Configs(const std::string& topic) {
    return cluster_.image().Configs(metadata::ConfigResourceType::kTopic, topic);
  }

  DecisionFixture cluster_;
};

}  // namespace quorate::controller
