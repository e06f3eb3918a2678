// Applies topics, brokers, configs and request results to an image, and checks which are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using RecordReplayTest = ReplayTest;

TEST_F(RecordReplayTest, TopicsAreFoundByIdAndName) {
  CreateOrders(2);
  EXPECT_EQ(image().topic_count(), 1u);
  EXPECT_EQ(image().partition_count(), 2);
  EXPECT_EQ(image().FindTopic(kOrders)->name(), "orders");
  EXPECT_EQ(image().FindTopicByName("orders")->id(), kOrders);
  EXPECT_EQ(image().FindTopicByName("order"), nullptr);
  EXPECT_EQ(image().FindTopic(kOther), nullptr);
}

TEST_F(RecordReplayTest, TopicsThatContradictAreRefused) {
  CreateOrders(1);
  EXPECT_THAT(Contradicts(MakeTopicRecord("other", kOrders)), HasSubstr(kOrders.ToString()));
  EXPECT_THAT(Contradicts(MakeTopicRecord("orders", kOther)), HasSubstr("orders"));
  EXPECT_THAT(IsMalformed(MakeTopicRecord("a/b", kOther)), HasSubstr("a/b"));
  IsMalformed(MakeTopicRecord("other", Uuid()));
  v1::Record record = MakeTopicRecord("other", kOther);
  record.mutable_topic()->set_topic_id("short");
  EXPECT_THAT(IsMalformed(record), HasSubstr("5 bytes"));
}

TEST_F(RecordReplayTest, RemoveTopicTakesPartitionsAndConfigsAlong) {
  CreateOrders(2);
  log_.MustAppend({MakeConfigRecord(ConfigResourceType::kTopic, "orders", "retention.ms", "1000")});
  const TopicPtr held = image().FindTopic(kOrders);
  log_.MustAppend({MakeRemoveTopicRecord(kOrders)});
  EXPECT_EQ(image().FindTopic(kOrders), nullptr);
  EXPECT_EQ(image().FindTopicByName("orders"), nullptr);
  EXPECT_EQ(image().partition_count(), 0);
  EXPECT_TRUE(image().Configs(ConfigResourceType::kTopic, "orders").empty());
  EXPECT_EQ(held->partition_count(), 2);
  EXPECT_THAT(Contradicts(MakeRemoveTopicRecord(kOrders)), HasSubstr(kOrders.ToString()));
  log_.MustAppend({MakeTopicRecord("orders", kOther)});
  EXPECT_EQ(image().FindTopicByName("orders")->id(), kOther);
  EXPECT_EQ(image().FindTopicByName("orders")->partition_count(), 0);
}

TEST_F(RecordReplayTest, ABrokerStartsFenced) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  const BrokerRegistration* broker = image().FindBroker(BrokerId(3));
  ASSERT_NE(broker, nullptr);
  EXPECT_EQ(*broker, Registration(3, 1));
  EXPECT_TRUE(broker->fenced);
  EXPECT_FALSE(broker->active());
  EXPECT_EQ(image().FindBroker(BrokerId(1)), nullptr);
}

TEST_F(RecordReplayTest, ABrokersEpochIsItsRecordsOffset) {
  // The registration comes after a topic, three partitions, and a request result, which takes no
  // offset.
  const auto batch = [&](int64_t epoch) {
    return std::vector<v1::Record>{MakeTopicRecord("orders", kOrders),
                                   MakePartitionsRecord(kOrders, 0, Partitions(3)),
                                   MakeRequestResultRecord({.request_id = {TestUuid(9), 1}}),
                                   MakeRegisterBrokerRecord(Registration(3, epoch))};
  };
  EXPECT_THAT(std::string(log_.Append(batch(6)).message()),
              AllOf(HasSubstr("RegisterBrokerRecord at offset 5"), HasSubstr("broker 3")));
  EXPECT_TRUE(log_.Append(batch(5)).ok());
  EXPECT_EQ(image().FindBroker(BrokerId(3))->broker_epoch, 5);
}

TEST_F(RecordReplayTest, MalformedRegistrationsAreRefused) {
  const auto with = [&](auto change) {
    v1::Record record = MakeRegisterBrokerRecord(Registration(3, log_.end_offset()));
    change(*record.mutable_register_broker());
    return record;
  };
  using Fields = v1::RegisterBrokerRecord;
  IsMalformed(with([](Fields& f) { f.set_broker_id(-1); }));
  IsMalformed(with([](Fields& f) { f.clear_incarnation_id(); }));
  IsMalformed(with([](Fields& f) { f.clear_endpoint(); }));
  IsMalformed(with([](Fields& f) { f.mutable_endpoint()->set_port(65536); }));
  EXPECT_TRUE(log_.Append({with([](Fields& f) { f.set_broker_id(0); })}).ok());
}

TEST_F(RecordReplayTest, ARegistrationChangesWhatIsSet) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  const auto change = [&](const BrokerChange& what) {
    log_.MustAppend({MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, what)});
    return *image().FindBroker(BrokerId(3));
  };
  EXPECT_TRUE(change({.fenced = false}).active());
  const BrokerRegistration stopping = change({.in_controlled_shutdown = true});
  EXPECT_FALSE(stopping.fenced);
  EXPECT_FALSE(stopping.active());
  EXPECT_TRUE(change({.fenced = true}).in_controlled_shutdown);
  EXPECT_EQ(change({}).endpoint, Registration(3, 1).endpoint);
}

TEST_F(RecordReplayTest, ARegistrationChangeNamesTheRegistration) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  EXPECT_THAT(Contradicts(MakeBrokerRegistrationChangeRecord(BrokerId(3), 2, {.fenced = false})),
              AllOf(HasSubstr("broker 3"), HasSubstr("epoch 1, not 2")));
  Contradicts(MakeBrokerRegistrationChangeRecord(BrokerId(4), 1, {.fenced = false}));
}

TEST_F(RecordReplayTest, ANewIncarnationReplacesTheOldOne) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  log_.MustAppend({MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, {.fenced = false})});
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 3))});
  EXPECT_EQ(*image().FindBroker(BrokerId(3)), Registration(3, 3));
  EXPECT_EQ(image().brokers().size(), 1u);
}

TEST_F(RecordReplayTest, ConfigsAreSetAndDeleted) {
  CreateOrders(1);
  const auto topic = ConfigResourceType::kTopic;
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", "1"),
                   MakeConfigRecord(topic, "orders", "b", ""),
                   MakeConfigRecord(ConfigResourceType::kBroker, "3", "a", "2")});
  EXPECT_THAT(image().Configs(topic, "orders"),
              ElementsAre(std::pair("a", "1"), std::pair("b", "")));
  EXPECT_THAT(image().Configs(ConfigResourceType::kBroker, "3"), ElementsAre(std::pair("a", "2")));
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", std::nullopt),
                   MakeConfigRecord(topic, "orders", "none", std::nullopt)});
  EXPECT_THAT(image().Configs(topic, "orders"), ElementsAre(std::pair("b", "")));
  log_.MustAppend({MakeConfigRecord(topic, "orders", "b", std::nullopt)});
  int resources = 0;
  image().ForEachConfiguredResource([&](auto, const auto& name, const auto&) {
    ++resources;
    EXPECT_EQ(name, "3");
  });
  EXPECT_EQ(resources, 1);
}

TEST_F(RecordReplayTest, ConfigsOfNothingAreRefused) {
  const auto topic = ConfigResourceType::kTopic;
  EXPECT_THAT(Contradicts(MakeConfigRecord(topic, "orders", "a", "1")), HasSubstr("orders"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "one", "a", "1"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "03", "a", "1"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "3", "", "1"));
  IsMalformed(MakeConfigRecord(static_cast<ConfigResourceType>(0), "3", "a", "1"));
  Refuse(absl::StatusCode::kUnimplemented,
         MakeConfigRecord(static_cast<ConfigResourceType>(16), "3", "a", "1"));
}

TEST_F(RecordReplayTest, ARequestResultIsRemembered) {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(9), 4},
                             .method = "quorate.admin.v1.AdminService/CreateTopics",
                             .request_hash = 77,
                             .items = {{.code = 36, .message = "exists", .topic_id = {}},
                                       {.code = 0, .message = "", .topic_id = kOrders}}};
  log_.MustAppend({MakeRequestResultRecord(result)});
  const RequestLookup lookup = image().FindRequest("alice", {TestUuid(9), 4});
  ASSERT_EQ(lookup.kind, RequestLookup::Kind::kKnown);
  EXPECT_EQ(*lookup.result, result);
  EXPECT_EQ(image().FindRequest("bob", {TestUuid(9), 4}).kind, RequestLookup::Kind::kNew);
  EXPECT_EQ(image().FindRequest("alice", {TestUuid(9), 3}).kind, RequestLookup::Kind::kNew);
  EXPECT_THAT(Contradicts(MakeRequestResultRecord(result)), HasSubstr("alice"));
  EXPECT_EQ(image().request_result_count(), 1u);
}

TEST_F(RecordReplayTest, MalformedRequestResultsAreRefused) {
  IsMalformed(MakeRequestResultRecord({.request_id = {TestUuid(9), 0}}));
  IsMalformed(MakeRequestResultRecord({.request_id = {Uuid(), 1}}));
  v1::Record record =
      MakeRequestResultRecord({.request_id = {TestUuid(9), 1}, .items = {RequestResult::Item()}});
  record.mutable_request_result()->mutable_items(0)->set_topic_id("x");
  IsMalformed(record);
}

TEST_F(RecordReplayTest, AMetadataVersionThatIsUnknownIsFatal) {
  Refuse(absl::StatusCode::kUnimplemented, MakeMetadataVersionRecord(kLatestMetadataVersion + 1));
  IsMalformed(MakeMetadataVersionRecord(0));
  EXPECT_TRUE(log_.Append({MakeMetadataVersionRecord(1)}).ok());
}

}  // namespace
}  // namespace quorate::metadata
