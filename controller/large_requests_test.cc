// Tests requests and entries that would block the loop for milliseconds. The worker processes them,
// and the loop continues.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/strings/str_format.h"
#include "controller/testing/controller_cluster.h"
#include "metadata/state_hash.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using std::chrono::milliseconds;

constexpr int kTopics = 1'000;

class LargeRequestsTest : public ::testing::Test {
 protected:
  LargeRequestsTest() {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    for (int32_t id = 1; id <= 3; ++id) cluster_.BringUp(id);
  }

  static CreateTopicsRequest Large(const std::string& prefix) {
    CreateTopicsRequest request;
    for (int i = 0; i < kTopics; ++i) {
      auto* topic = request.add_topics();
      topic->set_name(absl::StrFormat("%s-%d", prefix, i));
      topic->set_partition_count(3);
    }
    return request;
  }

  void CreateWideTopic() {
    CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name("wide");
    topic->set_partition_count(10'000);
    ASSERT_TRUE(cluster_.Create(request).ok());
    cluster_.Advance(milliseconds(1));
  }

  bool Exists(int controller, const std::string& topic) {
    return cluster_.ImageOf(controller).FindTopicByName(topic) != nullptr;
  }

  ControllerCluster cluster_{2};
};

TEST_F(LargeRequestsTest, HeartbeatsAreAnsweredMeanwhileAndRequestsWaitTheirTurn) {
  cluster_.SetWorkerRuns(false);
  const auto large = cluster_.Create(Large("a"));
  const auto small = cluster_.Create("small");
  const auto heartbeat = cluster_.Heartbeat(1);
  EXPECT_TRUE(heartbeat.ok());
  EXPECT_FALSE(large.done());
  EXPECT_FALSE(small.done());

  cluster_.SetWorkerRuns(true);
  ASSERT_TRUE(large.ok());
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(large.value().results_size(), kTopics);
  EXPECT_LT(large.value().end_offset(), small.value().end_offset());
  EXPECT_EQ(metadata::StateHash(cluster_.ImageOf(1)), metadata::StateHash(cluster_.ImageOf(2)));
}

TEST_F(LargeRequestsTest, TheCountsAreThoseOfTheImage) {
  ASSERT_TRUE(cluster_.Create(Large("a")).ok());
  ASSERT_TRUE(cluster_.Create("small").ok());
  for (int id = 1; id <= 2; ++id) {
    Pending<admin::v1::DescribeClusterResponse> described;
    cluster_.controller(id).DescribeCluster(described.reply());
    cluster_.Run();
    int replicas = 0;
    for (const auto& broker : described.value().brokers()) replicas += broker.replica_count();
    EXPECT_EQ(replicas, kTopics * 9 + 3) << "controller " << id;
  }
}

TEST_F(LargeRequestsTest, ARetryGetsTheFirstAnswer) {
  CreateTopicsRequest request = Large("a");
  request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
  request.mutable_request_id()->set_sequence(1);
  const auto first = cluster_.Create(request);
  ASSERT_TRUE(first.ok());
  cluster_.Advance(milliseconds(1));
  const auto again = cluster_.Create(request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value().results(7).topic_id(), first.value().results(7).topic_id());
}

TEST_F(LargeRequestsTest, LeadershipThatIsLostMeanwhileRefusesIt) {
  cluster_.SetWorkerRuns(false);
  const auto large = cluster_.Create(Large("a"));
  const size_t entries = cluster_.quorum().entries().size();
  cluster_.Elect(2);
  ASSERT_TRUE(large.done());
  EXPECT_EQ(large.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(large.error().outcome(), common::v1::REFUSED);

  cluster_.SetWorkerRuns(true);
  EXPECT_EQ(cluster_.quorum().entries().size(), entries + 1);  // the barrier
  EXPECT_FALSE(Exists(2, "a-0"));
  cluster_.Elect(1);
  EXPECT_TRUE(cluster_.Create(Large("a")).ok());
}

TEST_F(LargeRequestsTest, AHandOverWaitsUntilItIsAppended) {
  cluster_.SetWorkerRuns(false);
  const auto large = cluster_.Create(Large("a"));
  cluster_.quorum().Pause();
  cluster_.Run();
  EXPECT_FALSE(cluster_.quorum().pause_confirmed());
  cluster_.SetWorkerRuns(true);
  EXPECT_TRUE(large.ok());
  EXPECT_TRUE(cluster_.quorum().pause_confirmed());
}

TEST_F(LargeRequestsTest, OthersGetTheirTurnBetweenTwoLargeOnes) {
  cluster_.SetWorkerRuns(false);
  const auto first = cluster_.Create(Large("a"));
  const auto second = cluster_.Create(Large("b"));
  cluster_.KillBroker(3);
  cluster_.Advance(milliseconds(200));
  EXPECT_FALSE(cluster_.ImageOf(1).FindBroker(BrokerId(3))->fenced);

  cluster_.SetWorkerRuns(true);
  EXPECT_TRUE(first.ok());
  EXPECT_TRUE(cluster_.ImageOf(1).FindBroker(BrokerId(3))->fenced);
  EXPECT_FALSE(second.done());
  cluster_.Advance(milliseconds(200));
  cluster_.Run();
  EXPECT_TRUE(second.ok());
}

TEST_F(LargeRequestsTest, AnotherControllerHearsOfNothingElseBeforeItHasReplayedALargeEntry) {
  ASSERT_TRUE(cluster_.Create(Large("a")).ok());
  cluster_.Advance(milliseconds(1));
  cluster_.quorum().CommitAtOnce(false);
  const auto large = cluster_.Create(Large("b"));
  cluster_.SetWorkerRuns(false);
  cluster_.Elect(2, /*kept=*/1);
  EXPECT_FALSE(cluster_.controller(2).is_active());
  EXPECT_FALSE(Exists(2, "b-0"));

  cluster_.SetWorkerRuns(true);
  EXPECT_TRUE(cluster_.controller(2).is_active());
  EXPECT_TRUE(Exists(2, "b-0"));
  EXPECT_EQ(metadata::StateHash(cluster_.ImageOf(1)), metadata::StateHash(cluster_.ImageOf(2)));
}

TEST_F(LargeRequestsTest, DeletingOneTopicOfManyPartitionsIsLarge) {
  CreateWideTopic();
  cluster_.SetWorkerRuns(false);
  admin::v1::DeleteTopicsRequest deletion;
  deletion.add_topics()->set_name("wide");
  Pending<admin::v1::DeleteTopicsResponse> deleted;
  cluster_.active().Execute(kDeleteTopics, deletion, {.principal = "tester"}, deleted.reply());
  cluster_.Run();
  EXPECT_FALSE(deleted.done());
  cluster_.SetWorkerRuns(true);
  EXPECT_TRUE(deleted.ok());
}

// Unclean election looks at each partition when it is enabled; no other config does.
TEST_F(LargeRequestsTest, OnlyUncleanElectionOfAWideTopicIsALargeChangeOfConfigs) {
  CreateWideTopic();
  cluster_.SetWorkerRuns(false);
  const auto set = [&](const std::string& key, const std::string& value) {
    admin::v1::IncrementalAlterConfigsRequest request;
    auto* changes = request.add_resources();
    changes->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
    changes->mutable_resource()->set_name("wide");
    auto* change = changes->add_changes();
    change->set_key(key);
    change->set_operation(admin::v1::ConfigChange::SET);
    change->set_value(value);
    Pending<admin::v1::IncrementalAlterConfigsResponse> answer;
    cluster_.active().Execute(kIncrementalAlterConfigs, request, {.principal = "tester"},
                              answer.reply());
    cluster_.Run();
    return answer;
  };
  EXPECT_TRUE(set("retention.ms", "1000").ok());
  const auto unclean = set("unclean.leader.election.enable", "true");
  EXPECT_FALSE(unclean.done());
  cluster_.SetWorkerRuns(true);
  EXPECT_TRUE(unclean.ok());
}

}  // namespace
}  // namespace quorate::controller
