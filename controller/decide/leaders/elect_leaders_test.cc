#include "controller/decide/leaders/elect_leaders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/request_ids.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::ElectLeadersRequest;
using admin::v1::ElectLeadersResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ElectLeadersTest : public ::testing::Test {
 protected:
  ElectLeadersTest() {
    cluster_.UpgradeTo(2);
    cluster_.StartBrokers(3);
  }

  static ElectLeadersRequest Request(ElectLeadersRequest::Type type, const std::string& topic = "",
                                     const std::vector<int32_t>& partitions = {}) {
    ElectLeadersRequest request;
    request.set_type(type);
    request.set_all_topics(topic.empty());
    if (topic.empty()) return request;
    auto* entry = request.add_topics();
    entry->mutable_topic()->set_name(topic);
    entry->mutable_partitions()->Add(partitions.begin(), partitions.end());
    return request;
  }

  ElectLeadersResponse Elect(const ElectLeadersRequest& request) {
    CHECK(!CheckSize(request, {}).has_value());
    const auto decision = DecideElectLeaders(cluster_.view(), request, cluster_.context());
    last_ = decision;
    cluster_.Apply(decision);
    return ToResponse(request, std::get<ItemResults>(decision.answer));
  }

  // Returns "TOPIC-PARTITION leader N" or "TOPIC-PARTITION leader N: CODE, MESSAGE" for each
  // result.
  static std::vector<std::string> Texts(const ElectLeadersResponse& response) {
    std::vector<std::string> texts;
    for (const auto& result : response.results()) {
      texts.push_back(absl::StrFormat("%s-%d leader %d", result.name(), result.partition(),
                                      result.leader_id()));
      if (!result.has_error()) continue;
      texts.back() += absl::StrFormat(": %s, %s", common::v1::ErrorCode_Name(result.error().code()),
                                      result.error().message());
    }
    return texts;
  }

  std::string Partition(const std::string& topic, int32_t index = 0) {
    return ToText(cluster_.image().FindTopicByName(topic)->partition(index));
  }
  // The leader adds the active broker back to the ISR of partition 0.
  void Rejoin(const std::string& topic, uint32_t isr_mask) {
    const auto partition = cluster_.image().FindTopicByName(topic)->partition(0);
    cluster_.Change(topic, {.isr_mask = isr_mask, .leader_position = partition.leader_position()});
  }

  DecisionFixture cluster_;
  Decision<ItemResults> last_;
};

TEST_F(ElectLeadersTest, ThePreferredReplicaLeadsAgainAndTheIsrStays) {
  cluster_.Create("t", {{1, 2, 3}});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(1);
  Rejoin("t", 0b111);
  EXPECT_EQ(Partition("t"), "leader 2, isr 1,2,3 of 1,2,3, epochs 1/2");
  EXPECT_THAT(Texts(Elect(Request(ElectLeadersRequest::PREFERRED, "t", {0}))),
              ElementsAre("t-0 leader 1"));
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2,3 of 1,2,3, epochs 2/3");
  EXPECT_EQ(last_.cause, "ElectLeaders PREFERRED t-0");
  EXPECT_EQ(last_.settled.leaders_moved, 1);
  EXPECT_EQ(last_.election_cause, ElectionCause::kElectLeaders);
}

// The order of the checks is Kafka's: the partition exists, it needs an election, a replica can
// lead.
TEST_F(ElectLeadersTest, ErrorsInTheirOrder) {
  cluster_.Create("led", {{1, 2}});
  cluster_.Create("fenced", {{3, 1}});
  cluster_.Create("behind", {{2, 1}});
  cluster_.Create("lost", {{3}});
  cluster_.Fence({BrokerId(3)});
  Rejoin("behind", 0b11);
  cluster_.Change("behind", {.isr_mask = 0b10, .leader_position = 1});
  const auto preferred = ElectLeadersRequest::PREFERRED;
  const auto unclean = ElectLeadersRequest::UNCLEAN;
  const struct {
    ElectLeadersRequest request;
    std::string result;
  } cases[] = {
      {Request(preferred, "none", {0}),
       "none--1 leader -1: UNKNOWN_TOPIC_OR_PARTITION, there is no topic \"none\""},
      {Request(preferred, "led", {7, 7}),
       "led-7 leader -1: INVALID_REQUEST, the request names partition 7 of topic \"led\" 2 times; "
       "name it once"},
      {Request(preferred, "led", {1}),
       "led-1 leader -1: UNKNOWN_TOPIC_OR_PARTITION, topic \"led\" has no partition 1, only 0 to "
       "0"},
      {Request(preferred, "led", {-1}),
       "led--1 leader -1: UNKNOWN_TOPIC_OR_PARTITION, topic \"led\" has no partition -1, only 0 to "
       "0"},
      {Request(preferred, "led", {0}),
       "led-0 leader 1: ELECTION_NOT_NEEDED, broker 1, the first replica, is the leader already"},
      {Request(unclean, "led", {0}),
       "led-0 leader 1: ELECTION_NOT_NEEDED, broker 1 is the leader, so no unclean election is "
       "needed"},
      {Request(unclean, "fenced", {0}),
       "fenced-0 leader 1: ELECTION_NOT_NEEDED, broker 1 is the leader, so no unclean election is "
       "needed"},
      {Request(preferred, "fenced", {0}),
       "fenced-0 leader 1: PREFERRED_LEADER_NOT_AVAILABLE, broker 3, the first replica, is fenced"},
      {Request(preferred, "behind", {0}),
       "behind-0 leader 1: PREFERRED_LEADER_NOT_AVAILABLE, broker 2, the first replica, is not in "
       "the ISR"},
      {Request(preferred, "lost", {0}),
       "lost-0 leader -1: PREFERRED_LEADER_NOT_AVAILABLE, broker 3, the first replica, is fenced"},
      {Request(unclean, "lost", {0}),
       "lost-0 leader -1: ELIGIBLE_LEADERS_NOT_AVAILABLE, there is no leader, and no replica is "
       "active; start the broker of one"},
  };
  for (const auto& [request, result] : cases) {
    EXPECT_THAT(Texts(Elect(request)), ElementsAre(result));
    EXPECT_EQ(last_.records.records_size(), 0) << result;
  }
}

TEST_F(ElectLeadersTest, ATopicIsFoundByItsIdAndMayBeNamedOnce) {
  const std::string id = cluster_.Create("t", {{1, 2}})->id().ToString();
  ElectLeadersRequest request = Request(ElectLeadersRequest::PREFERRED, "t", {0});
  request.add_topics()->mutable_topic()->set_topic_id(id);
  auto* unknown = request.add_topics();
  unknown->mutable_topic()->set_topic_id("AAAAAAAAAAAAAAAAAAAAAQ");
  request.add_topics();
  const std::string twice =
      "INVALID_REQUEST, the request names topic \"t\" 2 times, by name or id; name it once";
  const ElectLeadersResponse response = Elect(request);
  EXPECT_THAT(Texts(response),
              ElementsAre("t--1 leader -1: " + twice, "--1 leader -1: " + twice,
                          "--1 leader -1: UNKNOWN_TOPIC_ID, there is no topic with id "
                          "AAAAAAAAAAAAAAAAAAAAAQ",
                          "--1 leader -1: INVALID_REQUEST, name each topic by exactly one of name "
                          "and id"));
  EXPECT_EQ(response.results(1).topic_id(), id);
  request.mutable_topics()->DeleteSubrange(0, 1);
  request.mutable_topics()->DeleteSubrange(1, 2);
  request.mutable_topics(0)->add_partitions(0);
  EXPECT_THAT(Texts(Elect(request)),
              ElementsAre("t-0 leader 1: ELECTION_NOT_NEEDED, broker 1, the first replica, is the "
                          "leader already"));
}

TEST_F(ElectLeadersTest, AnUncleanLeaderIsAloneInTheIsrAndRecovers) {
  cluster_.Create("t", {{1, 2, 3}});
  cluster_.Fence({BrokerId(2), BrokerId(3)});
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(3);
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2,3, epochs 1/2");
  EXPECT_THAT(Texts(Elect(Request(ElectLeadersRequest::PREFERRED, "t", {0}))),
              ElementsAre("t-0 leader -1: PREFERRED_LEADER_NOT_AVAILABLE, broker 1, the first "
                          "replica, is fenced"));
  EXPECT_THAT(Texts(Elect(Request(ElectLeadersRequest::UNCLEAN, "t", {0}))),
              ElementsAre("t-0 leader 3"));
  EXPECT_EQ(Partition("t"), "leader 3, isr 3 of 1,2,3, epochs 2/3, recovering");
  EXPECT_EQ(cluster_.view().tally.changes().unclean_elections, 1);
}

TEST_F(ElectLeadersTest, AtMetadataVersion1NoLeaderIsMarkedAsRecovering) {
  DecisionFixture old;
  old.StartBrokers(2);
  old.Create("t", {{1, 2}});
  old.Fence({BrokerId(2)});
  old.Fence({BrokerId(1)});
  old.Heartbeat(2);
  old.Apply(DecideElectLeaders(old.view(), Request(ElectLeadersRequest::UNCLEAN), old.context()));
  EXPECT_EQ(ToText(old.image().FindTopicByName("t")->partition(0)),
            "leader 2, isr 2 of 1,2, epochs 2/3");
}

TEST_F(ElectLeadersTest, WithoutALeaderAnotherIsrMemberIsElectedAndNamed) {
  cluster_.Create("t", {{1, 2, 3}});
  // A controller that was lost while it unfenced broker 2 leaves such a partition behind.
  cluster_.Change("t", {.isr_mask = 0b011});
  cluster_.Fence({BrokerId(1)});
  cluster_.Change("t", {.isr_mask = 0b011});
  EXPECT_EQ(Partition("t"), "no leader, isr 1,2 of 1,2,3, epochs 3/3");
  EXPECT_THAT(Texts(Elect(Request(ElectLeadersRequest::PREFERRED, "t", {0}))),
              ElementsAre("t-0 leader 2"));
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2,3, epochs 4/4");
}

TEST_F(ElectLeadersTest, AReplicaInAnOfflineLogDirectoryDoesNotLead) {
  cluster_.UpgradeTo(metadata::kLatestMetadataVersion);
  const Uuid kept = metadata::TestUuid(0xA00);
  const Uuid failed = metadata::TestUuid(0xB00);
  cluster_.StartWith(1, {kept, failed}, /*life=*/2);
  cluster_.Create("t", {{1, 2}});
  cluster_.Create("alone", {{1}});
  cluster_.Assign(1, "t", 0, failed);
  cluster_.Assign(1, "alone", 0, failed);
  cluster_.Fail(1, {failed});
  EXPECT_THAT(Texts(Elect(Request(ElectLeadersRequest::PREFERRED, "t", {0}))),
              ElementsAre("t-0 leader 2: PREFERRED_LEADER_NOT_AVAILABLE, broker 1, the first "
                          "replica, has its replica in a log directory that is offline"));
  EXPECT_THAT(Texts(Elect(Request(ElectLeadersRequest::UNCLEAN, "alone", {0}))),
              ElementsAre("alone-0 leader -1: ELIGIBLE_LEADERS_NOT_AVAILABLE, there is no leader, "
                          "and no replica is active; start the broker of one"));
}

TEST_F(ElectLeadersTest, WholeTopicsLeaveOutWhatNeedsNoElection) {
  cluster_.Create("t", {{1, 2}, {2, 1}, {1, 2}, {3, 2}});
  cluster_.Create("u", {{1, 2}, {2, 1}});
  cluster_.Fence({BrokerId(3)});
  cluster_.Change("t", {.partition = 0, .isr_mask = 0b11, .leader_position = 1});
  ElectLeadersRequest request = Request(ElectLeadersRequest::PREFERRED, "t");
  request.set_validate_only(true);
  const std::vector<std::string> results = {
      "t-0 leader 1",
      "t-3 leader 2: PREFERRED_LEADER_NOT_AVAILABLE, broker 3, the first replica, is fenced"};
  ElectLeadersResponse response = Elect(request);
  EXPECT_THAT(Texts(response), ::testing::ElementsAreArray(results));
  EXPECT_EQ(response.not_needed_count(), 2);
  EXPECT_FALSE(response.has_next());
  EXPECT_EQ(last_.records.records_size(), 0) << "a dry run";
  response = Elect(Request(ElectLeadersRequest::PREFERRED));
  EXPECT_THAT(Texts(response), ::testing::ElementsAreArray(results));
  EXPECT_EQ(response.not_needed_count(), 4);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2 of 1,2, epochs 2/2");
}

TEST_F(ElectLeadersTest, ManyPartitionsTakeSeveralRequests) {
  for (int i = 0; i < 3; ++i) cluster_.Create(absl::StrFormat("t%d", i), 900, 3);
  cluster_.Fence({BrokerId(1), BrokerId(2), BrokerId(3)});
  ElectLeadersRequest request = Request(ElectLeadersRequest::UNCLEAN);
  std::set<std::string> seen;
  std::vector<int> sizes;
  while (true) {
    ASSERT_LT(sizes.size(), 5u);
    const ElectLeadersResponse response = Elect(request);
    sizes.push_back(response.results_size());
    for (const std::string& text : Texts(response)) {
      EXPECT_TRUE(seen.insert(text).second) << text;
    }
    if (!response.has_next()) break;
    *request.mutable_start() = response.next();
  }
  EXPECT_THAT(sizes, ElementsAre(1'000, 1'000, 700));
}

TEST_F(ElectLeadersTest, ManyPartitionsThatNeedNoElectionTakeSeveralRequests) {
  cluster_.Create("t", 150'000, 1);
  ElectLeadersRequest request = Request(ElectLeadersRequest::PREFERRED, "t");
  ElectLeadersResponse response = Elect(request);
  EXPECT_THAT(response.results(), IsEmpty());
  ASSERT_TRUE(response.has_next());
  EXPECT_EQ(response.next().partition(), response.not_needed_count());
  const int64_t first = response.not_needed_count();
  *request.mutable_start() = response.next();
  response = Elect(request);
  EXPECT_EQ(first + response.not_needed_count(), 150'000);
  EXPECT_FALSE(response.has_next());
}

TEST_F(ElectLeadersTest, NamedPartitionsGoOnWhereTheAnswerEnded) {
  cluster_.Create("t", 1'500, 1);
  std::vector<int32_t> all(1'500);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(all.size() - 1 - i);
  ElectLeadersRequest request = Request(ElectLeadersRequest::PREFERRED, "t", all);
  request.add_topics()->mutable_topic()->set_name("none");
  ElectLeadersResponse response = Elect(request);
  EXPECT_EQ(response.results_size(), 1 + 1'000);
  EXPECT_EQ(response.next().partition(), 1'000);
  *request.mutable_start() = response.next();
  response = Elect(request);
  EXPECT_EQ(response.results_size(), 500) << "the unknown topic was reported before";
  EXPECT_EQ(response.results(0).partition(), 1'000);
  EXPECT_FALSE(response.has_next());
}

TEST_F(ElectLeadersTest, AMalformedRequestIsRefused) {
  const auto error = [](const ElectLeadersRequest& request) {
    const auto found = CheckSize(request, {});
    CHECK(found.has_value());
    return absl::StrFormat("%s: %s", common::v1::ErrorCode_Name(found->code()), found->message());
  };
  EXPECT_EQ(error(Request(ElectLeadersRequest::TYPE_UNSPECIFIED, "t")),
            "INVALID_REQUEST: the type of the election must be PREFERRED or UNCLEAN");
  ElectLeadersRequest request = Request(ElectLeadersRequest::PREFERRED, "t");
  request.set_all_topics(true);
  const std::string either =
      "INVALID_REQUEST: name the topics of the election, or set all_topics, but not both";
  EXPECT_EQ(error(request), either);
  request.clear_topics();
  request.set_all_topics(false);
  EXPECT_EQ(error(request), either);
  request.set_all_topics(true);
  request.mutable_start()->set_topic_id("x");
  EXPECT_EQ(error(request),
            "INVALID_REQUEST: start.topic_id is \"x\", which is not a topic id: send `next` of the "
            "last answer, or leave `start` out");
  request = Request(ElectLeadersRequest::PREFERRED, "t", {1, 2, 3});
  EXPECT_TRUE(CheckSize(request, {.max_partitions = 2}).has_value());
  EXPECT_TRUE(CheckSize(request, {.max_items = 0}).has_value());
  EXPECT_FALSE(CheckSize(request, {}).has_value());
}

// The log keeps the items for retries, so their texts are permanent.
TEST_F(ElectLeadersTest, TheItemsHaveTheirPermanentForm) {
  const metadata::TopicPtr topic = cluster_.Create("t", {{1, 2}, {2, 1}});
  cluster_.Fence({BrokerId(2)});
  const ElectLeadersRequest request = Request(ElectLeadersRequest::PREFERRED, "t");
  Elect(request);
  const auto& items = std::get<ItemResults>(last_.answer);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0], ItemResult({.message = "1"}));
  EXPECT_EQ(items[1], ItemResult({.topic_id = topic->id()}));
  EXPECT_EQ(items[2], ItemResult({.code = common::v1::PREFERRED_LEADER_NOT_AVAILABLE,
                                  .message = "1 1 t broker 2, the first replica, is fenced",
                                  .topic_id = topic->id()}));
  const ItemResults of_success = {{.message = "7 12", .topic_id = topic->id()},
                                  {.topic_id = topic->id()},
                                  {.message = "3 5 t", .topic_id = topic->id()}};
  const ElectLeadersResponse response = ToResponse(request, of_success);
  EXPECT_THAT(Texts(response), ElementsAre("t-3 leader 5"));
  EXPECT_EQ(response.not_needed_count(), 7);
  EXPECT_EQ(response.next().topic_id(), topic->id().ToString());
  EXPECT_EQ(response.next().partition(), 12);
}

TEST_F(ElectLeadersTest, ARefusalOfTheWholeRequestIsInEachItem) {
  const ItemResult error = MakeItemError(common::v1::POLICY_VIOLATION, "too large");
  EXPECT_THAT(Texts(ToResponse(Request(ElectLeadersRequest::PREFERRED), {error})),
              ElementsAre("--1 leader -1: POLICY_VIOLATION, too large"));
  EXPECT_THAT(Texts(ToResponse(Request(ElectLeadersRequest::PREFERRED, "t"), {error, error})),
              ElementsAre("t--1 leader -1: POLICY_VIOLATION, too large"));
  // Long messages are cut when the log stores them (Remember). Nothing is read beyond their end.
  EXPECT_THAT(Texts(ToResponse(Request(ElectLeadersRequest::PREFERRED),
                               {{}, {.code = common::v1::ELECTION_NOT_NEEDED}})),
              ElementsAre("--1 leader -1: ELECTION_NOT_NEEDED, "));
}

}  // namespace
}  // namespace quorate::controller
