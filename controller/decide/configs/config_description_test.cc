#include "controller/decide/configs/config_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/brokers/unregister_broker.h"
#include "controller/testing/config_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigDescription;
using admin::v1::DescribeConfigsRequest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigDescriptionTest : public ConfigFixture {
 protected:
  admin::v1::DescribeConfigsResponse::Result Describe(const ConfigResource& resource,
                                                      const std::vector<std::string>& keys = {}) {
    DescribeConfigsRequest request;
    request.set_include_synonyms(true);
    auto* query = request.add_resources();
    *query->mutable_resource() = resource;
    query->mutable_keys()->Add(keys.begin(), keys.end());
    const auto response = DescribeConfigs(cluster_.image(), request);
    EXPECT_EQ(response.end_offset(), cluster_.image().end_offset().value());
    return response.results(0);
  }
};

TEST_F(ConfigDescriptionTest, AllKeysWithTheirSources) {
  Alter(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1000")});
  const auto result = Describe(Topic("orders"));
  EXPECT_EQ(result.configs_size(), 33);
  for (const ConfigDescription& config : result.configs()) {
    const bool is_set = config.key() == "retention.ms";
    EXPECT_EQ(config.source(),
              is_set ? ConfigDescription::DYNAMIC_TOPIC_CONFIG : ConfigDescription::DEFAULT_CONFIG);
    EXPECT_EQ(config.value(), is_set ? "1000" : config.default_value()) << config.key();
  }
}

// Returns the synonyms as "SOURCE:key=value".
std::vector<std::string> SynonymsOf(const ConfigDescription& config) {
  std::vector<std::string> texts;
  for (const auto& synonym : config.synonyms()) {
    texts.push_back(absl::StrFormat("%s:%s=%s", ConfigDescription::Source_Name(synonym.source()),
                                    synonym.key(), synonym.value()));
  }
  return texts;
}

TEST_F(ConfigDescriptionTest, TheNearestValueApplies) {
  cluster_.UpgradeTo(3);
  const auto topic = [&] { return Describe(Topic("orders"), {"retention.ms"}).configs(0); };
  EXPECT_THAT(SynonymsOf(topic()), ElementsAre("DEFAULT_CONFIG:log.retention.hours=168"));
  EXPECT_EQ(topic().value(), "604800000");
  EXPECT_EQ(topic().type(), ConfigDescription::LONG);

  Alter(AllBrokers(), {Change(ConfigChange::SET, "log.retention.ms", "5")});
  EXPECT_EQ(topic().value(), "5");
  EXPECT_EQ(topic().source(), ConfigDescription::DYNAMIC_DEFAULT_BROKER_CONFIG);
  // A single broker does not count for a topic.
  Alter(Broker("1"), {Change(ConfigChange::SET, "log.retention.ms", "6")});
  EXPECT_EQ(topic().value(), "5");
  const auto broker = Describe(Broker("1"), {"log.retention.ms"}).configs(0);
  EXPECT_EQ(broker.value(), "6");
  EXPECT_EQ(broker.default_value(), "604800000");
  EXPECT_THAT(SynonymsOf(broker), ElementsAre("DYNAMIC_BROKER_CONFIG:log.retention.ms=6",
                                              "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=5",
                                              "DEFAULT_CONFIG:log.retention.hours=168"));
  EXPECT_EQ(Describe(Broker("2"), {"log.retention.ms"}).configs(0).source(),
            ConfigDescription::DYNAMIC_DEFAULT_BROKER_CONFIG);

  Alter(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "7")});
  EXPECT_EQ(topic().value(), "7");
  EXPECT_THAT(SynonymsOf(topic()), ElementsAre("DYNAMIC_TOPIC_CONFIG:retention.ms=7",
                                               "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=5",
                                               "DEFAULT_CONFIG:log.retention.hours=168"));
}

TEST_F(ConfigDescriptionTest, SecretsAreLeftOut) {
  const std::string key = "listener.name.a.ssl.key.password";
  Alter(Broker("1"), {Change(ConfigChange::SET, key, "hunter2")});
  const auto all = Describe(Broker("1"));
  EXPECT_THAT(all.DebugString(), Not(HasSubstr("hunter2")));
  const auto found = std::find_if(all.configs().begin(), all.configs().end(),
                                  [&](const auto& config) { return config.key() == key; });
  ASSERT_NE(found, all.configs().end());
  EXPECT_TRUE(found->is_sensitive());
  EXPECT_EQ(found->type(), ConfigDescription::PASSWORD);
  EXPECT_EQ(found->source(), ConfigDescription::DYNAMIC_BROKER_CONFIG);
  EXPECT_THAT(SynonymsOf(*found), ElementsAre("DYNAMIC_BROKER_CONFIG:" + key + "="));
}

TEST_F(ConfigDescriptionTest, TheDefaultOfAllBrokersHasWhatCanBeSetThere) {
  const auto result = Describe(AllBrokers());
  // 98 keys of brokers, 36 of which are set for each broker.
  EXPECT_EQ(result.configs_size(), 62);
  EXPECT_FALSE(result.has_error());
  EXPECT_EQ(Describe(Broker("1")).configs_size(), 98);
  EXPECT_TRUE(Describe(Broker("1"), {"log.retention.hours"}).configs(0).is_read_only());
}

TEST_F(ConfigDescriptionTest, DocumentationIsReturnedOnDemand) {
  DescribeConfigsRequest request;
  *request.add_resources()->mutable_resource() = Topic("orders");
  for (const bool wanted : {false, true}) {
    request.set_include_documentation(wanted);
    const auto response = DescribeConfigs(cluster_.image(), request);
    for (const ConfigDescription& config : response.results(0).configs()) {
      EXPECT_EQ(!config.documentation().empty(), wanted) << config.key();
      EXPECT_EQ(config.synonyms_size(), 0);
    }
  }
}

TEST_F(ConfigDescriptionTest, OneQueryNamesABoundedNumberOfKeys) {
  const auto result = Describe(Topic("orders"), std::vector<std::string>(1'001, "retention.ms"));
  EXPECT_EQ(result.error().code(), common::v1::INVALID_REQUEST);
  EXPECT_EQ(result.configs_size(), 0);
  EXPECT_EQ(Describe(Topic("orders"), {"retention.ms", "retention.ms"}).configs_size(), 1);
}

TEST_F(ConfigDescriptionTest, TheKeysAskedFor) {
  Alter(Broker("1"), {Change(ConfigChange::SET, "num.replica.fetchers", "4")});
  const auto result = Describe(Broker("1"), {"num.replica.fetchers"});
  ASSERT_EQ(result.configs_size(), 1);
  EXPECT_EQ(result.configs(0).value(), "4");
  EXPECT_EQ(result.configs(0).default_value(), "1");
  EXPECT_EQ(result.configs(0).source(), ConfigDescription::DYNAMIC_BROKER_CONFIG);
}

TEST_F(ConfigDescriptionTest, AnUnregisteredBrokerKeepsItsConfigsUntilTheyAreDeleted) {
  Alter(Broker("1"), {Change(ConfigChange::SET, "num.replica.fetchers", "4")});
  cluster_.UpgradeTo(2);
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(1);
  request.set_force(true);
  cluster_.Apply(DecideUnregisterBroker(cluster_.view(), request, cluster_.context()));
  ASSERT_EQ(cluster_.image().FindBroker(BrokerId(1)), nullptr);
  EXPECT_EQ(Describe(Broker("1"), {"num.replica.fetchers"}).configs(0).value(), "4");
  Alter(Broker("1"), {Change(ConfigChange::DELETE, "num.replica.fetchers")});
  EXPECT_EQ(Describe(Broker("1")).error().code(), common::v1::BROKER_ID_NOT_REGISTERED);
}

TEST_F(ConfigDescriptionTest, MistakesAreNamed) {
  EXPECT_EQ(Describe(Topic("nowhere")).error().code(), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_EQ(Describe(Broker("7")).error().code(), common::v1::BROKER_ID_NOT_REGISTERED);
  const auto result = Describe(Topic("orders"), {"retention.ms", "retention"});
  EXPECT_EQ(result.error().code(), common::v1::INVALID_CONFIG);
  EXPECT_THAT(result.error().message(),
              AllOf(HasSubstr("\"retention\""), HasSubstr("did you mean retention.ms?")));
  EXPECT_EQ(result.configs_size(), 0);
}

}  // namespace
}  // namespace quorate::controller
