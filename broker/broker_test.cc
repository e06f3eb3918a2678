// Scenarios of a whole broker against controllers that the test controls.
#include "broker/broker.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing/manual_executor.h"
#include "broker/testing/fake_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {
namespace {

using metadata::NewPartition;
using metadata::TestUuid;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using Describe = v1::DescribeBrokerResponse;

class BrokerTest : public testing::Test, public Broker::Listener {
 protected:
  BrokerTest() {
    BrokerOptions options;
    options.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
    options.broker_id = BrokerId(1);
    options.incarnation_id = TestUuid(77);
    options.bootstrap = {"c1", "c2", "c3"};
    const Broker::Loop loop = {&executor_, &cluster_};
    broker_.emplace(options, loop, loop, &clock_, &cluster_, this);
  }

  void OnReady(bool ready) override { ready_ = ready; }
  void OnStopped(absl::Status status) override { stopped_ = status; }

  void Advance(Duration d) {
    // The controllers send something at least every second.
    for (; d > Duration(0); d -= milliseconds(500)) {
      executor_.AdvanceBy(std::min<Duration>(d, milliseconds(500)));
    }
  }
  void StartToRunning() {
    cluster_.Elect(1);
    broker_->Start("localhost:9092");
    Advance(milliseconds(200));
    ASSERT_EQ(State(), Describe::RUNNING);
  }

  // Adds brokers 2 and 3, unfenced, and the topic "orders" with `partitions` partitions on brokers
  // 1, 2 and 3, all led by broker 1.
  void AddOrders(size_t partitions) {
    for (const int id : {2, 3}) {
      cluster_.AddBroker(id);
      cluster_.SetFenced(id, false);
    }
    const std::vector<NewPartition> made(partitions,
                                         {{BrokerId(1), BrokerId(2), BrokerId(3)}, 0b111, 0});
    cluster_.Append({metadata::MakeTopicRecord("orders", TestUuid(1)),
                     metadata::MakePartitionsRecord(TestUuid(1), 0, made)});
    executor_.RunReady();
  }

  v1::DescribeBrokerResponse View() const {
    v1::DescribeBrokerResponse view;
    broker_->DescribeSession(&view);
    broker_->DescribeMetadata(&view);
    return view;
  }
  BrokerState State() const { return View().state(); }
  std::vector<v1::Role> Roles() const {
    std::vector<v1::Role> roles;
    const v1::ListRolesResponse response = broker_->ListRoles();
    for (const v1::PartitionRole& role : response.roles()) roles.push_back(role.role());
    return roles;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  FakeCluster cluster_{&executor_};
  std::optional<Broker> broker_;
  bool ready_ = false;
  std::optional<absl::Status> stopped_;
};

TEST_F(BrokerTest, StartsAgainstARunningCluster) {
  StartToRunning();
  EXPECT_TRUE(ready_);
  const v1::DescribeBrokerResponse view = View();
  EXPECT_EQ(view.broker_id(), 1);
  EXPECT_EQ(view.incarnation_id(), TestUuid(77).bytes());
  EXPECT_EQ(view.broker_epoch(), cluster_.image().FindBroker(BrokerId(1))->broker_epoch);
  EXPECT_EQ(view.controller_endpoint(), "c1");
  EXPECT_EQ(view.metadata_endpoint(), "c2");
  EXPECT_EQ(view.metadata_end_offset(), cluster_.image().end_offset().value());
  EXPECT_EQ(view.metadata_epoch(), 1);
  EXPECT_EQ(cluster_.registrations.size(), 1u);
}

TEST_F(BrokerTest, WaitsForAClusterThatIsNotThereYet) {
  for (const int controller : {1, 2, 3}) cluster_.Kill(controller);
  broker_->Start("localhost:9092");
  Advance(seconds(100));
  EXPECT_EQ(State(), Describe::STARTING);
  EXPECT_EQ(View().broker_epoch(), -1);
  EXPECT_EQ(View().last_contact_age_ms(), -1);
  EXPECT_FALSE(stopped_);
  for (const int controller : {1, 2, 3}) cluster_.Revive(controller);
  cluster_.Elect(2);
  Advance(seconds(2));
  EXPECT_EQ(State(), Describe::RUNNING);
}

TEST_F(BrokerTest, TakesUpRolesAndAnswersFromItsImage) {
  StartToRunning();
  AddOrders(2);
  EXPECT_THAT(Roles(), ElementsAre(v1::ROLE_LEADER, v1::ROLE_LEADER));
  EXPECT_EQ(View().leader_count(), 2);
  const auto topics = broker_->DescribeTopics({});
  ASSERT_EQ(topics.topics_size(), 1);
  EXPECT_EQ(topics.topics(0).name(), "orders");
  EXPECT_EQ(topics.topics(0).partitions_size(), 2);
  EXPECT_EQ(topics.metadata_end_offset(), cluster_.image().end_offset().value());
  ASSERT_GE(cluster_.reports.size(), 2u);
  EXPECT_TRUE(cluster_.reports[0].complete());
  EXPECT_FALSE(cluster_.reports.back().complete());
  EXPECT_EQ(cluster_.reports.back().led_size(), 1);
}

TEST_F(BrokerTest, GoesOnThroughAFailoverOfTheActiveController) {
  StartToRunning();
  AddOrders(1);
  const int64_t broker_epoch = View().broker_epoch();
  const size_t reports = cluster_.reports.size();
  cluster_.Kill(1);
  Advance(milliseconds(100));
  EXPECT_EQ(View().controller_endpoint(), "");
  EXPECT_EQ(State(), Describe::RUNNING);
  cluster_.Elect(3);
  executor_.RunReady();
  EXPECT_EQ(View().controller_endpoint(), "c3") << "at once, because the log shows the new epoch";
  EXPECT_EQ(View().broker_epoch(), broker_epoch);
  EXPECT_EQ(cluster_.registrations.size(), 1u);
  ASSERT_GT(cluster_.reports.size(), reports);
  EXPECT_TRUE(cluster_.reports[reports].complete());
  EXPECT_EQ(cluster_.reports[reports].led_size(), 1);
}

TEST_F(BrokerTest, LeavesAPausedControllerForItsSuccessor) {
  StartToRunning();
  Advance(milliseconds(1500));
  cluster_.Pause(1);
  cluster_.Elect(2);
  executor_.RunReady();
  EXPECT_EQ(View().controller_endpoint(), "c2");
  ASSERT_EQ(cluster_.goodbyes.size(), 1u);
  EXPECT_EQ(cluster_.goodbyes[0].goodbye(), v1::HeartbeatRequest::RECONNECTING);
}

TEST_F(BrokerTest, KeepsImageAndRolesWhileThereIsNoControllerAndSaysSo) {
  StartToRunning();
  AddOrders(2);
  for (const int controller : {1, 2, 3}) cluster_.Kill(controller);
  Advance(seconds(30));
  EXPECT_EQ(State(), Describe::NO_CONTROLLER);
  EXPECT_FALSE(ready_);
  const v1::DescribeBrokerResponse view = View();
  EXPECT_GE(view.last_contact_age_ms(), 29'000);
  EXPECT_GE(view.last_metadata_age_ms(), 29'000);
  EXPECT_EQ(view.metadata_end_offset(), cluster_.image().end_offset().value());
  EXPECT_EQ(view.controller_endpoint(), "");
  EXPECT_EQ(view.metadata_endpoint(), "");
  EXPECT_THAT(Roles(), ElementsAre(v1::ROLE_LEADER, v1::ROLE_LEADER));
  EXPECT_EQ(broker_->DescribeTopics({}).topics_size(), 1);

  for (const int controller : {1, 2, 3}) cluster_.Revive(controller);
  cluster_.Elect(2);
  Advance(seconds(2));
  EXPECT_EQ(State(), Describe::RUNNING);
  EXPECT_TRUE(ready_);
  EXPECT_EQ(cluster_.registrations.size(), 1u);
}

TEST_F(BrokerTest, FencedAndBackInItsIsrs) {
  StartToRunning();
  AddOrders(1);
  cluster_.SetFenced(1, true);
  executor_.RunReady();
  EXPECT_THAT(Roles(), ElementsAre(v1::ROLE_FOLLOWER));
  Advance(seconds(2));
  EXPECT_EQ(State(), Describe::RUNNING);
  EXPECT_FALSE(cluster_.image().FindBroker(BrokerId(1))->fenced);
  EXPECT_TRUE(cluster_.alterations.empty()) << "it does not lead: the leader proposes it";
}

// Kafka's brokers need a restart.
TEST_F(BrokerTest, RegistersAgainWhenItWasUnregistered) {
  StartToRunning();
  AddOrders(1);
  const int64_t epoch = cluster_.image().FindBroker(BrokerId(1))->broker_epoch;
  cluster_.Unregister(1);
  executor_.RunReady();
  EXPECT_EQ(View().leader_count() + View().follower_count(), 0) << "it gives up its roles at once";
  Advance(seconds(2));
  EXPECT_EQ(cluster_.registrations.size(), 2u);
  const metadata::BrokerRegistration* broker = cluster_.image().FindBroker(BrokerId(1));
  ASSERT_NE(broker, nullptr);
  EXPECT_GT(broker->broker_epoch, epoch);
  EXPECT_FALSE(broker->fenced);
  EXPECT_EQ(State(), Describe::RUNNING);
  EXPECT_THAT(Roles(), ElementsAre(v1::ROLE_FOLLOWER)) << "its replica is still there";
}

TEST_F(BrokerTest, AsksForReturningReplicasInOneRequest) {
  StartToRunning();
  AddOrders(50);
  cluster_.SetFenced(2, true);
  executor_.RunReady();
  EXPECT_TRUE(cluster_.alterations.empty());
  cluster_.SetFenced(2, false);
  Advance(milliseconds(100));
  ASSERT_EQ(cluster_.alterations.size(), 1u);
  EXPECT_EQ(cluster_.alterations[0].topics(0).partitions_size(), 50);
  cluster_.image().FindTopicByName("orders")->ForEachChangedPartition(
      nullptr, [](const metadata::PartitionView& partition) {
        EXPECT_EQ(partition.isr_count(), 3u) << partition.index();
      });
}

TEST_F(BrokerTest, AsksThroughAFailover) {
  StartToRunning();
  AddOrders(1);
  cluster_.SetFenced(2, true);
  cluster_.SetFenced(2, false);
  cluster_.Kill(1);
  Advance(milliseconds(500));
  cluster_.Elect(2);
  Advance(milliseconds(500));
  EXPECT_EQ(cluster_.image().FindTopicByName("orders")->partition(0).isr_count(), 3u);
}

TEST_F(BrokerTest, LeavesASourceThatHasLostTouch) {
  StartToRunning();
  ASSERT_EQ(View().metadata_endpoint(), "c2");
  cluster_.Isolate(2);
  AddOrders(1);
  EXPECT_TRUE(Roles().empty());
  for (int second = 0; second < 4; ++second) {
    cluster_.SendProgress();
    Advance(seconds(1));
  }
  EXPECT_EQ(View().metadata_endpoint(), "c3");
  EXPECT_THAT(Roles(), ElementsAre(v1::ROLE_LEADER));
}

TEST_F(BrokerTest, AReplacedLogTakesEffectOnceItIsRead) {
  StartToRunning();
  AddOrders(1);
  cluster_.ReplaceLog();
  // The subscription is reset and starts again, but receives nothing for a while.
  cluster_.Pause(2);
  Advance(milliseconds(500));
  EXPECT_EQ(cluster_.registrations.size(), 2u);
  EXPECT_EQ(cluster_.registrations.back().incarnation_id(), TestUuid(77).bytes());
  EXPECT_EQ(State(), Describe::STARTING) << "it has read nothing of the new log";
  EXPECT_THAT(Roles(), ElementsAre(v1::ROLE_LEADER)) << "and keeps its roles";
  Advance(seconds(4));
  EXPECT_EQ(State(), Describe::RUNNING);
  EXPECT_TRUE(Roles().empty()) << "the restored log does not have the topic";
  EXPECT_EQ(View().metadata_end_offset(), cluster_.image().end_offset().value());
}

// Everything but the session runs on a loop that the test can block.
class BusyBrokerTest : public testing::Test, public Broker::Listener {
 protected:
  BusyBrokerTest() {
    BrokerOptions options;
    options.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
    options.broker_id = BrokerId(1);
    options.incarnation_id = TestUuid(77);
    options.bootstrap = {"c1", "c2", "c3"};
    broker_.emplace(options, Broker::Loop{&executor_, &cluster_},
                    Broker::Loop{&session_executor_, &cluster_}, &clock_, &cluster_, this);
  }

  void OnReady(bool ready) override { ready_ = ready; }
  void OnStopped(absl::Status /*status*/) override {}

  void AdvanceBoth(Duration d) {
    for (; d > Duration(0); d -= milliseconds(10)) {
      session_executor_.AdvanceBy(milliseconds(10));
      executor_.RunReady();
    }
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  ManualExecutor session_executor_{&clock_};
  FakeCluster cluster_{&executor_, &session_executor_};
  std::optional<Broker> broker_;
  bool ready_ = false;
};

TEST_F(BusyBrokerTest, HeartbeatsLeaveWhileTheBrokersLoopStandsStill) {
  cluster_.Elect(1);
  broker_->Start("localhost:9092");
  AdvanceBoth(milliseconds(300));
  ASSERT_TRUE(ready_);
  const int64_t read = cluster_.image().end_offset().value();
  const std::vector<NewPartition> made(100'000, {{BrokerId(1)}, 0b1, 0});
  cluster_.Append({metadata::MakeTopicRecord("orders", TestUuid(1)),
                   metadata::MakePartitionsRecord(TestUuid(1), 0, made)});
  const size_t before = cluster_.heartbeats.size();
  session_executor_.AdvanceBy(seconds(20));
  EXPECT_GE(cluster_.heartbeats.size(), before + 19);
  EXPECT_EQ(cluster_.heartbeats.back().metadata_end_offset(), read) << "what was taken up";
  EXPECT_TRUE(ready_);
  AdvanceBoth(seconds(2));
  EXPECT_EQ(cluster_.heartbeats.back().metadata_end_offset(),
            cluster_.image().end_offset().value());
  EXPECT_EQ(cluster_.registrations.size(), 1u);
}

TEST_F(BusyBrokerTest, ManyRolesAreTakenUpInSeveralTasksAndToldWhenTheyAre) {
  cluster_.Elect(1);
  broker_->Start("localhost:9092");
  AdvanceBoth(milliseconds(300));
  const std::vector<NewPartition> made(100'000, {{BrokerId(1)}, 0b1, 0});
  const int64_t before = cluster_.image().end_offset().value();
  cluster_.Append({metadata::MakeTopicRecord("orders", TestUuid(1)),
                   metadata::MakePartitionsRecord(TestUuid(1), 0, made)});
  const int64_t created = cluster_.image().end_offset().value();
  cluster_.Append({metadata::MakeTopicRecord("payments", TestUuid(2))});
  std::vector<size_t> leader_counts;
  while (executor_.queued() > 0) {
    executor_.RunOne();
    v1::DescribeBrokerResponse view;
    broker_->DescribeMetadata(&view);
    const auto count = static_cast<size_t>(view.leader_count());
    if (leader_counts.empty() || leader_counts.back() != count) leader_counts.push_back(count);
    session_executor_.AdvanceBy(seconds(1));
    const int64_t told = cluster_.heartbeats.back().metadata_end_offset();
    EXPECT_TRUE(told == before || (told >= created && count == made.size())) << told;
  }
  EXPECT_GE(leader_counts.size(), 5u);
  EXPECT_EQ(leader_counts.back(), made.size());
  EXPECT_EQ(cluster_.heartbeats.back().metadata_end_offset(),
            cluster_.image().end_offset().value());
}

TEST_F(BusyBrokerTest, ImagesThatComeBetweenTheTasksAreTakenUp) {
  cluster_.Elect(1);
  broker_->Start("localhost:9092");
  AdvanceBoth(milliseconds(300));
  const std::vector<NewPartition> made(30'000, {{BrokerId(1)}, 0b1, 0});
  cluster_.Append({metadata::MakeTopicRecord("orders", TestUuid(1)),
                   metadata::MakePartitionsRecord(TestUuid(1), 0, made)});
  for (uint16_t i = 2; i < 60; ++i) {
    // Up to two more images are queued on the loop, before or after the broker's own next task.
    cluster_.Append({metadata::MakeTopicRecord("topic-" + std::to_string(i), TestUuid(i))});
    for (int run = 0; run < i % 3 && executor_.queued() > 0; ++run) executor_.RunOne();
  }
  executor_.RunReady();
  v1::DescribeBrokerResponse view;
  broker_->DescribeMetadata(&view);
  EXPECT_EQ(view.leader_count(), static_cast<int32_t>(made.size()));
  session_executor_.AdvanceBy(seconds(1));
  EXPECT_EQ(cluster_.heartbeats.back().metadata_end_offset(),
            cluster_.image().end_offset().value());
}

TEST_F(BrokerTest, AControlledShutdownMovesTheLeadersFirst) {
  StartToRunning();
  AddOrders(2);
  broker_->BeginShutdown();
  Advance(milliseconds(500));
  ASSERT_TRUE(stopped_);
  EXPECT_TRUE(stopped_->ok());
  ASSERT_EQ(cluster_.goodbyes.size(), 1u);
  EXPECT_EQ(cluster_.goodbyes[0].goodbye(), v1::HeartbeatRequest::STOPPING);
  EXPECT_EQ(cluster_.image().FindTopicByName("orders")->partition(0).leader(), BrokerId(2));
}

TEST_F(BrokerTest, ALogThatItCannotReplayStopsItWithAReason) {
  StartToRunning();
  Advance(seconds(1));
  metadata::v1::RecordBatch batch;
  batch.add_records();  // of a kind that this version does not know
  cluster_.SendUnchecked(batch.SerializeAsString());
  executor_.RunReady();
  ASSERT_TRUE(stopped_);
  EXPECT_FALSE(stopped_->ok());
  EXPECT_THAT(std::string(stopped_->message()), testing::HasSubstr("cannot replay"));
}

}  // namespace
}  // namespace quorate::broker
