#include "controller/decide/configs/config_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/decide/brokers/unregister_broker.h"
#include "controller/decide/configs/config_description.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigChange;
using admin::v1::ConfigDescription;
using admin::v1::ConfigResource;
using admin::v1::DescribeConfigsRequest;
using admin::v1::IncrementalAlterConfigsRequest;
using metadata::ConfigResourceType;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ConfigResource Resource(ConfigResource::Type type, const std::string& name) {
  ConfigResource resource;
  resource.set_type(type);
  resource.set_name(name);
  return resource;
}

ConfigResource Topic(const std::string& name) { return Resource(ConfigResource::TOPIC, name); }
ConfigResource Broker(const std::string& id) { return Resource(ConfigResource::BROKER, id); }

ConfigChange Change(ConfigChange::Operation operation, const std::string& key,
                    const std::string& value = "") {
  ConfigChange change;
  change.set_operation(operation);
  change.set_key(key);
  change.set_value(value);
  return change;
}

IncrementalAlterConfigsRequest Request(const ConfigResource& resource,
                                       const std::vector<ConfigChange>& changes) {
  IncrementalAlterConfigsRequest request;
  auto* item = request.add_resources();
  *item->mutable_resource() = resource;
  item->mutable_changes()->Add(changes.begin(), changes.end());
  return request;
}

class ConfigDecisionsTest : public ::testing::Test {
 protected:
  ConfigDecisionsTest() {
    cluster_.StartBrokers(3);
    cluster_.Create("orders", 1, 3);
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
    return cluster_.image().Configs(ConfigResourceType::kTopic, topic);
  }

  DecisionFixture cluster_;
  // The number of topics that the test has created.
  int made_ = 0;
};

TEST_F(ConfigDecisionsTest, SetsAndDeletes) {
  EXPECT_EQ(Alter(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1000"),
                                    Change(ConfigChange::SET, "segment.ms", "10")})
                .code,
            0);
  EXPECT_THAT(Configs("orders"),
              ElementsAre(Pair("retention.ms", "1000"), Pair("segment.ms", "10")));
  EXPECT_EQ(Alter(Topic("orders"), {Change(ConfigChange::DELETE, "segment.ms"),
                                    Change(ConfigChange::SET, "retention.ms", "2000")})
                .code,
            0);
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("retention.ms", "2000")));
}

TEST_F(ConfigDecisionsTest, AValueIsStoredInItsCanonicalForm) {
  struct Case {
    const char* key;
    const char* written;
    const char* stored;
  };
  for (const auto& [key, written, stored] : std::vector<Case>{
           {"retention.ms", " 5", "5"},
           {"retention.ms", "+5", "5"},
           {"retention.ms", "\t-1 ", "-1"},
           {"max.message.bytes", "-0", "0"},
           {"max.message.bytes", "007", "7"},
           {"cleanup.policy", "compact,compact", "compact"},
           {"cleanup.policy", " delete , compact,delete", "delete,compact"},
           {"compression.type", " zstd ", "zstd"},
           {"unclean.leader.election.enable", " False", "false"},
       }) {
    EXPECT_EQ(Alter(Topic("orders"), {Change(ConfigChange::SET, key, written)}).code, 0)
        << key << "=" << written;
    EXPECT_EQ(Configs("orders")[key], stored) << written;
    // Setting the stored value changes nothing.
    const auto again = Alter(Request(Topic("orders"), {Change(ConfigChange::SET, key, stored)}));
    EXPECT_THAT(again.records.records(), IsEmpty());

    const auto topic = cluster_.Create(absl::StrFormat("t%d", made_++), {{1}}, {{key, written}});
    EXPECT_EQ(Configs(topic->name())[key], stored);
  }
}

TEST_F(ConfigDecisionsTest, WhatHasNoCanonicalFormIsRefused) {
  const std::string long_list(2'000, ',');
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"retention.ms", "5 0"},
           {"retention.ms", "++5"},
           {"retention.ms", "0x5"},
           {"retention.ms", "5.0"},
           {"retention.ms", " "},
           {"cleanup.policy", "compact,"},
           {"cleanup.policy", long_list},
           {"cleanup.policy", "Compact"},
           {"unclean.leader.election.enable", "yes"},
       }) {
    EXPECT_EQ(Alter(Topic("orders"), {Change(ConfigChange::SET, key, value)}).code,
              common::v1::INVALID_CONFIG)
        << key << "=" << value;
  }
  EXPECT_EQ(
      Alter(Topic("orders"), {Change(ConfigChange::APPEND, "cleanup.policy", long_list)}).code,
      common::v1::INVALID_CONFIG);
}

TEST_F(ConfigDecisionsTest, WordsThatAreAppendedOrTakenAwayAreCanonicalToo) {
  EXPECT_EQ(
      Alter(Topic("orders"), {Change(ConfigChange::APPEND, "cleanup.policy", " compact ,compact")})
          .code,
      0);
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("cleanup.policy", "delete,compact")));
  EXPECT_EQ(
      Alter(Topic("orders"), {Change(ConfigChange::SUBTRACT, "cleanup.policy", " delete")}).code,
      0);
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("cleanup.policy", "compact")));
}

TEST_F(ConfigDecisionsTest, ABrokersConfigsAreItsOwn) {
  EXPECT_EQ(Alter(Broker("2"), {Change(ConfigChange::SET, "num.replica.fetchers", "4")}).code, 0);
  EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, "2"),
              ElementsAre(Pair("num.replica.fetchers", "4")));
  EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, "1"), IsEmpty());
  EXPECT_THAT(Configs("orders"), IsEmpty());
}

TEST_F(ConfigDecisionsTest, AListGrowsFromItsDefaultAndShrinks) {
  EXPECT_EQ(
      Alter(Topic("orders"), {Change(ConfigChange::APPEND, "cleanup.policy", "compact,delete")})
          .code,
      0);
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("cleanup.policy", "delete,compact")));
  EXPECT_EQ(
      Alter(Topic("orders"), {Change(ConfigChange::SUBTRACT, "cleanup.policy", "delete")}).code, 0);
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("cleanup.policy", "compact")));
  // The list would become empty.
  EXPECT_EQ(
      Alter(Topic("orders"), {Change(ConfigChange::SUBTRACT, "cleanup.policy", "compact")}).code,
      common::v1::INVALID_CONFIG);
}

TEST_F(ConfigDecisionsTest, WhatIsSoAlreadyMakesNoRecord) {
  Alter(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1000")});
  const auto decision =
      Alter(Request(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1000"),
                                      Change(ConfigChange::DELETE, "segment.ms")}));
  EXPECT_EQ(decision.records.records_size(), 0);
  EXPECT_EQ(std::get<ItemResults>(decision.answer).at(0).code, 0);
}

TEST_F(ConfigDecisionsTest, EachMistakeIsNamedAndNothingOfTheResourceChanges) {
  const ConfigChange good = Change(ConfigChange::SET, "retention.ms", "1000");
  const struct {
    ConfigResource resource;
    ConfigChange change;
    common::v1::ErrorCode code;
    std::string says;
  } cases[] = {
      {Topic("nowhere"), good, common::v1::UNKNOWN_TOPIC_OR_PARTITION, "no topic \"nowhere\""},
      {Broker("9"), good, common::v1::BROKER_ID_NOT_REGISTERED, "broker 9 is not registered"},
      {Broker("01"), good, common::v1::INVALID_REQUEST, "\"01\" is not a broker id"},
      {Broker("one"), good, common::v1::INVALID_REQUEST, "\"one\" is not a broker id"},
      {Resource(ConfigResource::TYPE_UNSPECIFIED, "orders"), good, common::v1::INVALID_REQUEST,
       "TOPIC or BROKER"},
      {Topic("orders"), Change(ConfigChange::SET, "retention", "1"), common::v1::INVALID_CONFIG,
       "there is no topic configuration \"retention\"; the known ones are cleanup.policy"},
      {Broker("1"), good, common::v1::INVALID_CONFIG, "no broker configuration \"retention.ms\""},
      {Topic("orders"), Change(ConfigChange::SET, "segment.ms", "0"), common::v1::INVALID_CONFIG,
       "segment.ms takes a number from 1"},
      {Topic("orders"), Change(ConfigChange::APPEND, "segment.ms", "1"),
       common::v1::INVALID_REQUEST, "segment.ms is not a list: SET it"},
      {Topic("orders"), Change(ConfigChange::DELETE, "segment.ms", "1"),
       common::v1::INVALID_REQUEST, "takes no value"},
      {Topic("orders"), Change(ConfigChange::OPERATION_UNSPECIFIED, "segment.ms", "1"),
       common::v1::INVALID_REQUEST, "SET, DELETE, APPEND or SUBTRACT"},
      {Topic("orders"), good, common::v1::INVALID_REQUEST, "\"retention.ms\" is changed twice"},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.says);
    const auto decision = Alter(Request(bad.resource, {good, bad.change}));
    const ItemResult item = std::get<ItemResults>(decision.answer).at(0);
    EXPECT_EQ(item.code, bad.code);
    EXPECT_THAT(item.message, HasSubstr(bad.says));
    EXPECT_EQ(decision.records.records_size(), 0);
  }
}

TEST_F(ConfigDecisionsTest, OneResourceIsRefusedWhileAnotherChanges) {
  auto request = Request(Topic("nowhere"), {Change(ConfigChange::SET, "retention.ms", "1")});
  request.MergeFrom(Request(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1")}));
  const auto decision = Alter(request);
  const auto response = ToResponse(request, std::get<ItemResults>(decision.answer));
  EXPECT_EQ(response.results(0).error().code(), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_FALSE(response.results(1).has_error());
  EXPECT_EQ(response.results(1).resource().name(), "orders");
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("retention.ms", "1")));
  EXPECT_EQ(decision.cause, "IncrementalAlterConfigs (2 resources)");
}

TEST_F(ConfigDecisionsTest, AResourceNamedTwiceIsRefusedBothTimes) {
  auto request = Request(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1")});
  request.MergeFrom(IncrementalAlterConfigsRequest(request));
  const auto decision = Alter(request);
  for (const ItemResult& item : std::get<ItemResults>(decision.answer)) {
    EXPECT_EQ(item.code, common::v1::INVALID_REQUEST);
    EXPECT_THAT(item.message, HasSubstr("topic orders more than once"));
  }
  EXPECT_THAT(Configs("orders"), IsEmpty());
}

TEST_F(ConfigDecisionsTest, ValidateOnlyAnswersTheSameAndChangesNothing) {
  auto request = Request(Topic("orders"), {Change(ConfigChange::SET, "retention.ms", "1")});
  request.set_validate_only(true);
  const auto decision = Alter(request);
  EXPECT_EQ(std::get<ItemResults>(decision.answer).at(0).code, 0);
  EXPECT_EQ(decision.records.records_size(), 0);
}

TEST_F(ConfigDecisionsTest, EnablingUncleanElectionElectsWhereThereIsNoLeader) {
  cluster_.Create("lost", {{1, 2}, {2, 3}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(2);
  // Partition 0: only broker 1 has all data and is gone. Broker 2 left the ISR and is back.
  ASSERT_EQ(cluster_.image().FindTopicByName("lost")->partition(0).leader(), std::nullopt);
  const auto decision = Alter(Request(
      Topic("lost"), {Change(ConfigChange::SET, "unclean.leader.election.enable", "true")}));
  const auto lost = cluster_.image().FindTopicByName("lost");
  EXPECT_EQ(lost->partition(0).leader(), BrokerId(2));
  EXPECT_THAT(lost->partition(0).Isr(), ElementsAre(BrokerId(2)));
  EXPECT_EQ(lost->partition(1).leader(), BrokerId(3));
  EXPECT_EQ(decision.settled.leaders_found, 1);
}

class ConfigDescriptionTest : public ConfigDecisionsTest {
 protected:
  admin::v1::DescribeConfigsResponse::Result Describe(const ConfigResource& resource,
                                                      const std::vector<std::string>& keys = {}) {
    DescribeConfigsRequest request;
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
  EXPECT_EQ(result.configs_size(), 9);
  for (const ConfigDescription& config : result.configs()) {
    const bool is_set = config.key() == "retention.ms";
    EXPECT_EQ(config.source(),
              is_set ? ConfigDescription::DYNAMIC_TOPIC_CONFIG : ConfigDescription::DEFAULT_CONFIG);
    EXPECT_EQ(config.value(), is_set ? "1000" : config.default_value()) << config.key();
  }
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
              AllOf(HasSubstr("\"retention\""), HasSubstr("the known ones are cleanup.policy")));
  EXPECT_EQ(result.configs_size(), 0);
}

TEST_F(ConfigDescriptionTest, EveryDefaultIsAValueThatTheKeyTakes) {
  for (const auto& [resource, name] :
       {std::pair(Topic("orders"), "topic"), std::pair(Broker("1"), "broker")}) {
    const auto result = Describe(resource);
    for (const ConfigDescription& config : result.configs()) {
      EXPECT_EQ(
          Alter(resource, {Change(ConfigChange::SET, config.key(), config.default_value())}).code,
          0)
          << name << " " << config.key();
    }
  }
}

}  // namespace
}  // namespace quorate::controller
