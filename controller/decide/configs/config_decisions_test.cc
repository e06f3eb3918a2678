#include "controller/decide/configs/config_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
using ::testing::Not;
using ::testing::Pair;

ConfigResource Resource(ConfigResource::Type type, const std::string& name) {
  ConfigResource resource;
  resource.set_type(type);
  resource.set_name(name);
  return resource;
}

ConfigResource Topic(const std::string& name) { return Resource(ConfigResource::TOPIC, name); }
ConfigResource Broker(const std::string& id) { return Resource(ConfigResource::BROKER, id); }
ConfigResource AllBrokers() { return Broker(""); }

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
  const std::string long_list(20'000, ',');
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
       "there is no topic configuration \"retention\"; did you mean retention.ms?"},
      {Broker("1"), good, common::v1::INVALID_CONFIG, "did you mean log.retention.ms?"},
      {AllBrokers(), good, common::v1::UNSUPPORTED_VERSION, "from metadata version 3 on"},
      {Topic("orders"), Change(ConfigChange::SET, "segment.ms", "0"), common::v1::INVALID_CONFIG,
       "segment.ms takes a whole number from 1"},
      {Topic("orders"), Change(ConfigChange::APPEND, "segment.ms", "1"), common::v1::INVALID_CONFIG,
       "segment.ms is not a list: SET it"},
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

TEST_F(ConfigDecisionsTest, ValuesThatExcludeEachOtherAreRefused) {
  const auto set = [](const std::string& key, const std::string& value) {
    return Change(ConfigChange::SET, key, value);
  };
  EXPECT_EQ(Alter(Topic("orders"), {set("max.compaction.lag.ms", "100")}).code, 0);
  const ItemResult item = Alter(Topic("orders"), {set("min.compaction.lag.ms", "101")});
  EXPECT_EQ(item.code, common::v1::INVALID_CONFIG);
  EXPECT_EQ(item.message,
            "min.compaction.lag.ms (101) must not be larger than max.compaction.lag.ms (100)");
  EXPECT_EQ(Alter(Topic("orders"), {set("min.compaction.lag.ms", "100")}).code, 0);
  EXPECT_EQ(Alter(Topic("orders"),
                  {set("min.compaction.lag.ms", "500"), set("max.compaction.lag.ms", "500")})
                .code,
            0);
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name("new");
  for (const auto& [key, value] :
       {std::pair("min.compaction.lag.ms", "2"), std::pair("max.compaction.lag.ms", "1")}) {
    auto* config = topic->add_configs();
    config->set_key(key);
    config->set_value(value);
  }
  const auto decision = DecideCreateTopics(cluster_.view(), request, cluster_.context());
  EXPECT_EQ(std::get<ItemResults>(decision.answer).at(0).code, common::v1::INVALID_CONFIG);
}

TEST_F(ConfigDecisionsTest, AnErrorQuotesWhatARequestNames) {
  auto request = Request(Topic("a\nb"), {Change(ConfigChange::SET, "retention.ms", "1")});
  request.MergeFrom(IncrementalAlterConfigsRequest(request));
  const auto items = std::get<ItemResults>(Alter(request).answer);
  EXPECT_THAT(items.at(0).message, HasSubstr("topic a\\nb more than once"));
}

TEST_F(ConfigDecisionsTest, TheDefaultOfAllBrokersIsAResource) {
  cluster_.UpgradeTo(3);
  EXPECT_EQ(Alter(AllBrokers(), {Change(ConfigChange::SET, "log.retention.ms", " 5"),
                                 Change(ConfigChange::SET, "log.cleanup.policy", "compact")})
                .code,
            0);
  EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, ""),
              ElementsAre(Pair("log.cleanup.policy", "compact"), Pair("log.retention.ms", "5")));
  // A list begins with the value that applies.
  EXPECT_EQ(Alter(Topic("orders"), {Change(ConfigChange::APPEND, "cleanup.policy", "delete")}).code,
            0);
  EXPECT_THAT(Configs("orders"), ElementsAre(Pair("cleanup.policy", "compact,delete")));
  Alter(AllBrokers(), {Change(ConfigChange::DELETE, "log.retention.ms"),
                       Change(ConfigChange::DELETE, "log.cleanup.policy")});
  EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, ""), IsEmpty());
}

TEST_F(ConfigDecisionsTest, AKeyIsRefusedWhereItCannotBeSet) {
  cluster_.UpgradeTo(3);
  const struct {
    ConfigResource resource;
    std::string key;
    std::string says;
  } cases[] = {
      {Broker("1"), "min.insync.replicas", "cannot differ between brokers"},
      {Broker("1"), "unclean.leader.election.enable", "cannot differ between brokers"},
      {Broker("1"), "log.retention.hours", "set log.retention.ms here"},
      {AllBrokers(), "log.roll.hours", "set log.roll.ms here"},
      {AllBrokers(), "ssl.protocol", "set it for each broker"},
      {AllBrokers(), "listener.name.a.max.connections", "set it for each broker"},
      {Broker("1"), "ssl.keystore.key", "use listener.name.LISTENER.ssl.keystore.key"},
  };
  for (const auto& [resource, key, says] : cases) {
    for (const auto operation : {ConfigChange::SET, ConfigChange::DELETE}) {
      const auto item =
          Alter(resource, {Change(operation, key, operation == ConfigChange::SET ? "2" : "")});
      EXPECT_EQ(item.code, common::v1::INVALID_CONFIG) << key;
      EXPECT_THAT(item.message, HasSubstr(says));
    }
  }
}

TEST_F(ConfigDecisionsTest, AListenerOfABrokerHasConfigs) {
  const std::string key = "listener.name.public.ssl.key.password";
  EXPECT_EQ(Alter(Broker("1"), {Change(ConfigChange::SET, key, "hunter2")}).code, 0);
  EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, "1"),
              ElementsAre(Pair(key, "hunter2")));
  std::vector<ConfigChange> changes;
  for (int i = 0; i < 99; ++i) {
    changes.push_back(
        Change(ConfigChange::SET, absl::StrFormat("listener.name.l%d.max.connections", i), "5"));
  }
  EXPECT_EQ(Alter(Broker("1"), changes).code, 0);
  const auto item =
      Alter(Broker("1"), {Change(ConfigChange::SET, "listener.name.more.max.connections", "5")});
  EXPECT_EQ(item.code, common::v1::INVALID_CONFIG);
  EXPECT_THAT(item.message, HasSubstr("101 configs of listeners; at most 100"));
  EXPECT_EQ(Alter(Broker("1"), {Change(ConfigChange::SET, "log.retention.ms", "5")}).code, 0);
}

TEST_F(ConfigDecisionsTest, EnablingUncleanElectionByDefaultElectsInTopicsThatDoNotForbidIt) {
  cluster_.UpgradeTo(3);
  cluster_.Create("lost", {{1, 2}, {2, 3}});
  cluster_.Create("strict", {{1, 2}}, {{"unclean.leader.election.enable", "false"}});
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(2);
  const auto leader_of = [&](const std::string& topic) {
    return cluster_.image().FindTopicByName(topic)->partition(0).leader();
  };
  ASSERT_EQ(leader_of("lost"), std::nullopt);
  ASSERT_EQ(leader_of("strict"), std::nullopt);

  const std::string key = "unclean.leader.election.enable";
  auto request = Request(AllBrokers(), {Change(ConfigChange::SET, key, "true")});
  request.set_validate_only(true);
  EXPECT_EQ(Alter(request).records.records_size(), 0);
  request.set_validate_only(false);
  const auto decision = Alter(request);
  EXPECT_FALSE(decision.again);
  EXPECT_EQ(decision.settled.leaders_found, 1);
  EXPECT_EQ(leader_of("lost"), BrokerId(2));
  EXPECT_EQ(leader_of("strict"), std::nullopt);
  EXPECT_EQ(cluster_.image().Configs(ConfigResourceType::kBroker, "")[key], "true");
  // The topic now has the default, too.
  Alter(Topic("strict"), {Change(ConfigChange::DELETE, key)});
  EXPECT_EQ(leader_of("strict"), BrokerId(2));
  // The default also counts when brokers are lost later.
  cluster_.Fence({BrokerId(2)});
  cluster_.Heartbeat(1);
  EXPECT_EQ(leader_of("lost"), BrokerId(1));
}

TEST_F(ConfigDecisionsTest, ManyPartitionsAreElectedInParts) {
  cluster_.UpgradeTo(3);
  constexpr int32_t kPartitions = 20'000;
  cluster_.Create("wide", std::vector<std::vector<int32_t>>(kPartitions, {1, 2}));
  cluster_.Fence({BrokerId(2)});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(2);
  const std::string key = "unclean.leader.election.enable";
  const auto request = Request(AllBrokers(), {Change(ConfigChange::SET, key, "true")});
  EXPECT_FALSE(IsLarge(request, cluster_.image())) << "it is split";
  Context context = cluster_.context();
  int parts = 0;
  int64_t found = 0;
  for (bool again = true; again; ++parts) {
    EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, ""), IsEmpty());
    const auto part = DecideIncrementalAlterConfigs(cluster_.view(), request, context);
    cluster_.Apply(part);
    EXPECT_LT(part.records.ByteSizeLong(), 100u << 10);
    found += part.settled.leaders_found;
    again = part.again;
    if (part.settled.rest) context.settle_from = *part.settled.rest;
  }
  EXPECT_GT(parts, 1);
  EXPECT_EQ(found, kPartitions);
  EXPECT_EQ(cluster_.view().tally.counts().offline, 0);
  EXPECT_EQ(cluster_.image().Configs(ConfigResourceType::kBroker, "")[key], "true");
}

TEST_F(ConfigDecisionsTest, UncleanElectionByDefaultIsTheOnlyChangeOfItsRequest) {
  cluster_.UpgradeTo(3);
  const ConfigChange unclean = Change(ConfigChange::SET, "unclean.leader.election.enable", "true");
  const ConfigChange other = Change(ConfigChange::SET, "log.retention.ms", "5");
  EXPECT_EQ(Alter(AllBrokers(), {unclean, other}).code, common::v1::INVALID_REQUEST);
  auto request = Request(AllBrokers(), {unclean});
  request.MergeFrom(Request(Topic("orders"), {Change(ConfigChange::SET, "segment.ms", "5")}));
  const auto items = std::get<ItemResults>(Alter(request).answer);
  EXPECT_EQ(items.at(0).code, common::v1::INVALID_REQUEST);
  EXPECT_THAT(items.at(0).message, HasSubstr("must be the only change of its request"));
  EXPECT_EQ(items.at(1).code, 0);
  EXPECT_THAT(cluster_.image().Configs(ConfigResourceType::kBroker, ""), IsEmpty());
}

TEST_F(ConfigDecisionsTest, NoErrorQuotesASecret) {
  const std::string key = "listener.name.a.ssl.key.password";
  const auto item =
      Alter(Broker("1"), {Change(ConfigChange::SET, key, "hunter2" + std::string(20'000, 'x'))});
  EXPECT_EQ(item.code, common::v1::INVALID_CONFIG);
  EXPECT_THAT(item.message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(Alter(Broker("1"), {Change(ConfigChange::APPEND, key, "hunter2")}).message,
              Not(HasSubstr("hunter2")));
}

class ConfigDescriptionTest : public ConfigDecisionsTest {
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
