#include "controller/decide/configs/config_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/testing/config_fixture.h"

namespace quorate::controller {
namespace {

using metadata::ConfigResourceType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class ConfigDecisionsTest : public ConfigFixture {
 protected:
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

  const auto of_broker = Request(Broker("1"), {Change(ConfigChange::SET, "log.retention.ms", "5")});
  EXPECT_EQ(Alter(of_broker).records.records_size(), 1);
  EXPECT_EQ(Alter(of_broker).records.records_size(), 0);
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

}  // namespace
}  // namespace quorate::controller
