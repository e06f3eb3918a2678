#include "controller/leader_balance.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "controller/testing/controller_cluster.h"
#include "controller/testing/partition_text.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Brokers 1, 2 and 3 are the replicas of all partitions, in this order of preference.
class LeaderBalanceTest : public ::testing::Test {
 protected:
  explicit LeaderBalanceTest(LeaderBalanceOptions options = {})
      : cluster_(/*controllers=*/2, seconds(1), options) {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    for (int32_t id = 1; id <= 3; ++id) cluster_.BringUp(id);
  }

  void Create(const std::string& name, int32_t partitions,
              const std::vector<int32_t>& replicas = {1, 2, 3}) {
    admin::v1::CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name(name);
    for (int32_t i = 0; i < partitions; ++i) {
      topic->add_assignments()->mutable_broker_ids()->Add(replicas.begin(), replicas.end());
    }
    CHECK(cluster_.Create(request).ok());
  }

  // Time passes, and all brokers that run send heartbeats.
  void Pass(Duration time) {
    for (; time > Duration::zero(); time -= milliseconds(500)) {
      cluster_.Advance(milliseconds(500));
      for (const int32_t id : running_) cluster_.Heartbeat(id);
    }
  }
  void Kill(int32_t id) {
    running_.erase(id);
    cluster_.KillBroker(id);
    cluster_.Run();
  }
  void Return(int32_t id) {
    cluster_.BringUp(id);
    running_.insert(id);
  }
  // The leaders of the topic's first `count` partitions, or of all, add the broker to their ISRs.
  void Rejoin(const std::string& name, int32_t id, int32_t count = 1'000'000) {
    const metadata::TopicPtr topic = Topic(name);
    std::map<int32_t, broker::v1::AlterPartitionRequest> requests;
    for (int32_t i = 0; i < std::min(count, topic->partition_count()); ++i) {
      const metadata::PartitionView partition = topic->partition(i);
      const int32_t leader = partition.leader().value().value();
      auto& request = requests[leader];
      if (request.topics_size() == 0) {
        request.set_broker_id(leader);
        request.set_broker_epoch(cluster_.broker(leader).epoch);
        request.add_topics()->set_topic_id(std::string(topic->id().bytes()));
      }
      auto* change = request.mutable_topics(0)->add_partitions();
      change->set_partition(i);
      change->set_leader_epoch(partition.leader_epoch());
      change->set_partition_epoch(partition.partition_epoch());
      std::vector<BrokerId> isr = partition.Isr();
      isr.emplace_back(id);
      for (const BrokerId member : isr) {
        auto* added = change->add_new_isr();
        added->set_broker_id(member.value());
        added->set_broker_epoch(cluster_.broker(member.value()).epoch);
      }
    }
    for (auto& [leader, request] : requests) {
      cluster_.active().AlterPartition(request, {.principal = "broker"}, [](const auto& answer) {
        CHECK(std::holds_alternative<broker::v1::AlterPartitionResponse>(answer));
      });
      cluster_.Run();
    }
  }

  metadata::TopicPtr Topic(const std::string& name) {
    return cluster_.ImageOf(1).FindTopicByName(name);
  }
  std::string Partition(const std::string& name) {
    const metadata::TopicPtr topic = Topic(name);
    return ToText(topic->partition(0));
  }
  int64_t LedBy(int32_t id, const std::string& name) {
    const metadata::TopicPtr topic = Topic(name);
    int64_t led = 0;
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      led += topic->partition(i).leader() == BrokerId(id) ? 1 : 0;
    }
    return led;
  }
  size_t entries() { return cluster_.quorum().entries().size(); }
  uint64_t balanced() {
    return cluster_.active()
        .partition_instruments()
        .elections[static_cast<size_t>(ElectionCause::kBalance)]
        .value();
  }

  ControllerCluster cluster_;
  std::set<int32_t> running_ = {1, 2, 3};
};

TEST_F(LeaderBalanceTest, ABrokerThatHasSettledLeadsAgain) {
  Create("t", 1);
  Kill(1);
  Pass(seconds(20));
  EXPECT_EQ(Partition("t"), "leader 2, isr 2,3 of 1,2,3, epochs 1/1");
  Return(1);
  Rejoin("t", 1);
  Pass(seconds(8));
  EXPECT_EQ(Partition("t"), "leader 2, isr 1,2,3 of 1,2,3, epochs 1/2");
  Pass(seconds(5));
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2,3 of 1,2,3, epochs 2/3");
  EXPECT_EQ(cluster_.quorum().entries().back()->header().cause,
            "balance: broker 1 leads again where it is the first replica");
  EXPECT_EQ(balanced(), 1u);
}

TEST_F(LeaderBalanceTest, WithNothingToMoveNothingIsAppended) {
  Create("t", 3);
  const size_t before = entries();
  Pass(seconds(60));
  EXPECT_EQ(entries(), before);
}

TEST_F(LeaderBalanceTest, AReplicaOutsideTheIsrOrFencedIsLeftAlone) {
  Create("t", 1);
  Kill(1);
  Pass(seconds(400));
  EXPECT_EQ(LedBy(1, "t"), 0);
  Return(1);
  Pass(seconds(400));
  EXPECT_EQ(Partition("t"), "leader 2, isr 2,3 of 1,2,3, epochs 1/1");
}

TEST_F(LeaderBalanceTest, ABrokerThatStillRecoversWaitsButNotForever) {
  Create("t", 10);
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1, 8);
  Pass(seconds(60));
  EXPECT_EQ(LedBy(1, "t"), 0) << "it is out of two ISRs of ten";
  Pass(seconds(10 * LeaderBalance::kPatience - 50));
  EXPECT_EQ(LedBy(1, "t"), 8);
  EXPECT_EQ(balanced(), 8u);
}

TEST_F(LeaderBalanceTest, NineTenthsInSyncAreEnough) {
  Create("t", 10);
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1, 9);
  Pass(seconds(13));
  EXPECT_EQ(LedBy(1, "t"), 9);
}

TEST_F(LeaderBalanceTest, NothingMovesDuringAControlledShutdown) {
  Create("t", 1);
  Create("u", 1, {3, 2});
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1);
  Pass(seconds(8));
  // Broker 3 leads u, and others have not replayed that it gives leadership away.
  running_.clear();
  const auto stop = [&] {
    for (const int32_t id : {1, 2}) cluster_.Heartbeat(id, false, 1);
    cluster_.Heartbeat(3, /*want_shutdown=*/true);
  };
  for (int i = 0; i < 20; ++i) {
    stop();
    cluster_.Advance(seconds(1));
  }
  EXPECT_TRUE(cluster_.ImageOf(1).FindBroker(BrokerId(3))->in_controlled_shutdown);
  EXPECT_EQ(LedBy(1, "t"), 0);
  running_ = {1, 2};
  cluster_.EndStream(3, StreamEnd::kStopping);
  Pass(seconds(5));
  EXPECT_EQ(LedBy(1, "t"), 1);
}

TEST_F(LeaderBalanceTest, NothingMovesWhileBrokersComeAndGo) {
  Create("t", 1);
  Create("u", 1, {2});
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1);
  Pass(seconds(6));
  // Two brokers leave within one interval.
  Kill(3);
  Pass(seconds(1));
  Return(3);
  Pass(seconds(1));
  Kill(3);
  Pass(seconds(4));
  EXPECT_EQ(LedBy(1, "t"), 0);
  Pass(seconds(10));
  EXPECT_EQ(LedBy(1, "t"), 1);
}

TEST_F(LeaderBalanceTest, ANewControllerWaitsForOneInterval) {
  Create("t", 1);
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1);
  Pass(seconds(8));
  cluster_.Elect(2, entries());
  cluster_.Commit();
  cluster_.ForgetStreams();
  for (const int32_t id : {1, 2, 3}) cluster_.Heartbeat(id);
  Pass(seconds(8));
  EXPECT_EQ(LedBy(1, "t"), 0);
  Pass(seconds(5));
  EXPECT_EQ(LedBy(1, "t"), 1);
}

TEST_F(LeaderBalanceTest, NothingMovesWhileLeadershipIsHandedOver) {
  Create("t", 1);
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1);
  Pass(seconds(2));
  cluster_.quorum().Pause();
  Pass(seconds(15));
  EXPECT_EQ(LedBy(1, "t"), 0);
  cluster_.quorum().Resume();
  Pass(seconds(2));
  EXPECT_EQ(LedBy(1, "t"), 1);
}

class SlowBalanceTest : public LeaderBalanceTest {
 protected:
  SlowBalanceTest() : LeaderBalanceTest({.interval = seconds(10), .max_per_second = 100}) {}
};

TEST_F(SlowBalanceTest, ManyLeadersMoveInSmallSteps) {
  Create("t", 60);
  Create("u", 60);
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1);
  Rejoin("u", 1);
  const size_t before = entries();
  while (LedBy(1, "t") + LedBy(1, "u") < 120) {
    ASSERT_LT(entries(), before + 20);
    Pass(milliseconds(500));
  }
  ASSERT_EQ(entries(), before + 12);
  for (size_t entry = before; entry < entries(); ++entry) {
    EXPECT_EQ(cluster_.quorum().entries().at(entry)->header().record_count, 10);
  }
  Pass(seconds(60));
  EXPECT_EQ(entries(), before + 12);
  EXPECT_EQ(balanced(), 120u);
}

class NoBalanceTest : public LeaderBalanceTest {
 protected:
  NoBalanceTest() : LeaderBalanceTest({.interval = Duration::zero()}) {}
};

TEST_F(NoBalanceTest, AnIntervalOfZeroLeavesLeadersWhereTheyAre) {
  Create("t", 1);
  Kill(1);
  Pass(seconds(5));
  Return(1);
  Rejoin("t", 1);
  Pass(seconds(400));
  EXPECT_EQ(LedBy(1, "t"), 0);
}

}  // namespace
}  // namespace quorate::controller
