// Tests what a controller tells about itself and its cluster for metrics.
#include "controller/cluster_status.h"

#include <gtest/gtest.h>

#include <chrono>

#include "controller/testing/controller_fixture.h"

namespace quorate::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ClusterStatusTest : public TopicFixture {
 protected:
  ClusterStatus Status(int controller = 1) {
    Pending<ClusterStatus> status;
    cluster_.controller(controller).ReadStatus(status.reply());
    cluster_.Run();
    return status.value();
  }
  uint64_t Elections(ElectionCause cause, int controller = 1) {
    const auto& instruments = cluster_.controller(controller).partition_instruments();
    return instruments.elections.at(static_cast<size_t>(cause)).value();
  }
  const PartitionInstruments& partitions() { return cluster_.active().partition_instruments(); }
  const BrokerInstruments& brokers() { return cluster_.active().broker_instruments(); }
  uint64_t Fences(FenceCause cause) {
    return brokers().fences.at(static_cast<size_t>(cause)).value();
  }
  void Alter(const std::string& key, const std::string& value) {
    admin::v1::IncrementalAlterConfigsRequest request;
    auto* item = request.add_resources();
    item->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
    item->mutable_resource()->set_name("t");
    auto* change = item->add_changes();
    change->set_key(key);
    change->set_operation(admin::v1::ConfigChange::SET);
    change->set_value(value);
    Pending<admin::v1::IncrementalAlterConfigsResponse> altered;
    cluster_.active().Execute(kIncrementalAlterConfigs, request, {.principal = "tester"},
                              altered.reply());
    cluster_.Run();
    EXPECT_TRUE(altered.ok());
  }
};

TEST_F(ClusterStatusTest, OnlyTheActiveControllerKnowsSessions) {
  const ClusterStatus active = Status(1);
  ASSERT_TRUE(active.active.has_value());
  EXPECT_EQ(active.active->sessions.in_contact, 3u);
  EXPECT_EQ(active.active->sessions.lost, 0u);
  EXPECT_EQ(active.active->parked_requests, 0u);
  const ClusterStatus standby = Status(2);
  EXPECT_FALSE(standby.active.has_value());
  EXPECT_EQ(standby.partitions, active.partitions);
  EXPECT_EQ(standby.image.end_offset(), active.image.end_offset());
}

TEST_F(ClusterStatusTest, SessionsAreCountedByTheirState) {
  cluster_.prober().Swallow(ControllerCluster::EndpointOf(1));
  cluster_.EndStream(1, StreamEnd::kBroken);
  BrokerSessions::Counts sessions = Status().active->sessions;
  EXPECT_EQ(sessions.in_contact, 2u);
  EXPECT_EQ(sessions.lost, 1u);
  cluster_.Advance(seconds(1));  // fenced brokers do not count
  sessions = Status().active->sessions;
  EXPECT_EQ(sessions.in_contact, 2u);
  EXPECT_EQ(sessions.lost, 0u);
  cluster_.Elect(2);
  cluster_.ForgetStreams();
  sessions = Status(2).active->sessions;
  EXPECT_EQ(sessions.in_contact, 0u);
  EXPECT_EQ(sessions.waiting, 2u);
}

TEST_F(ClusterStatusTest, RequestsThatWaitAreCounted) {
  cluster_.quorum().CommitAtOnce(false);
  const auto created = cluster_.Create("u");
  EXPECT_EQ(Status().active->deferred_answers, 1u);
  cluster_.quorum().Pause();
  cluster_.Run();
  const auto parked = cluster_.Create("v");
  EXPECT_EQ(Status().active->parked_requests, 1u);
}

TEST_F(ClusterStatusTest, FencesAndElectionsAreCountedByCause) {
  EXPECT_EQ(brokers().registrations.value(), 3u);
  EXPECT_EQ(brokers().unfences.value(), 3u);
  cluster_.KillBroker(1);
  EXPECT_EQ(Fences(FenceCause::kProvedDead), 1u);
  EXPECT_EQ(Elections(ElectionCause::kFence), 1u);
  EXPECT_EQ(partitions().isr_shrinks.value(), 2u);
  EXPECT_EQ(partitions().leaders_lost.value(), 0u);
  cluster_.KillBroker(2);
  EXPECT_EQ(Fences(FenceCause::kProvedDead), 2u);
  EXPECT_EQ(Elections(ElectionCause::kFence), 2u) << "partition 1 has moved to broker 3";
  EXPECT_EQ(partitions().leaders_lost.value(), 1u) << "partition 0";
  // The ISR of partition 0 consists of broker 2.
  cluster_.BringUp(1);
  EXPECT_EQ(Elections(ElectionCause::kUnfence), 0u);
  Alter("unclean.leader.election.enable", "true");
  EXPECT_EQ(Elections(ElectionCause::kUnclean), 1u);
  // Only the active controller has counted.
  EXPECT_EQ(Elections(ElectionCause::kFence, 2), 0u);
}

TEST_F(ClusterStatusTest, APartitionThatGetsItsLeaderBackIsAnElection) {
  cluster_.KillBroker(1);
  cluster_.KillBroker(2);
  cluster_.BringUp(2);
  EXPECT_EQ(Elections(ElectionCause::kUnfence), 1u);
  EXPECT_EQ(brokers().unfences.value(), 4u);
  EXPECT_EQ(brokers().registrations.value(), 4u);
}

TEST_F(ClusterStatusTest, SilentBrokersAndControlledShutdownsAreFences) {
  cluster_.Advance(seconds(5));
  cluster_.Heartbeat(2);
  cluster_.Heartbeat(3);
  cluster_.Advance(seconds(4));
  EXPECT_EQ(Fences(FenceCause::kSilent), 1u);
  // The other brokers hold everything that broker 1 held, so they have replayed it.
  cluster_.Heartbeat(2, /*want_shutdown=*/true);
  cluster_.Advance(seconds(1));
  cluster_.Heartbeat(3);
  EXPECT_EQ(Elections(ElectionCause::kControlledShutdown), 1u);
  EXPECT_TRUE(cluster_.Heartbeat(2, true).value().should_shut_down());
  EXPECT_EQ(Fences(FenceCause::kControlledShutdown), 1u);
}

TEST_F(ClusterStatusTest, AnIsrThatGrowsIsCounted) {
  cluster_.KillBroker(1);
  cluster_.BringUp(1);
  const auto partition = cluster_.ImageOf(1).FindTopicByName("t")->partition(0);
  ASSERT_EQ(partition.leader(), BrokerId(2));
  broker::v1::AlterPartitionRequest request;
  request.set_broker_id(2);
  request.set_broker_epoch(cluster_.broker(2).epoch);
  auto* topic = request.add_topics();
  topic->set_topic_id(std::string(cluster_.ImageOf(1).FindTopicByName("t")->id().bytes()));
  auto* change = topic->add_partitions();
  change->set_partition(0);
  change->set_leader_epoch(partition.leader_epoch());
  change->set_partition_epoch(partition.partition_epoch());
  for (const int32_t id : {1, 2}) {
    auto* member = change->add_new_isr();
    member->set_broker_id(id);
    member->set_broker_epoch(-1);
  }
  Pending<broker::v1::AlterPartitionResponse> altered;
  cluster_.active().AlterPartition(request, {.principal = "tester"}, altered.reply());
  cluster_.Run();
  ASSERT_TRUE(altered.ok());
  EXPECT_EQ(partitions().isr_expands.value(), 1u);
}

TEST_F(ClusterStatusTest, HeartbeatsAreMeasuredByTheirInterval) {
  const Histogram& lateness = brokers().heartbeat_lateness;
  const auto observed = [&] {
    uint64_t count = 0;
    for (const uint64_t n : lateness.counts()) count += n;
    return count;
  };
  ASSERT_EQ(observed(), 0u) << "heartbeats without an interval are not measured";
  broker::v1::HeartbeatRequest heartbeat;
  heartbeat.set_broker_id(1);
  heartbeat.set_broker_epoch(cluster_.broker(1).epoch);
  heartbeat.set_incarnation_id(std::string(cluster_.broker(1).Incarnation(1).bytes()));
  heartbeat.set_metadata_end_offset(cluster_.ImageOf(1).end_offset().value());
  heartbeat.set_interval_ms(1'000);
  heartbeat.set_stream_ordinal(100);
  const auto send = [&](Duration after) {
    cluster_.Advance(after);
    Pending<broker::v1::HeartbeatResponse> answer;
    cluster_.active().Heartbeat(/*stream=*/1'000, heartbeat, answer.reply());
    cluster_.Run();
    EXPECT_TRUE(answer.ok());
  };
  send(seconds(0));
  EXPECT_EQ(observed(), 0u) << "the first one on its stream";
  send(milliseconds(300));
  EXPECT_EQ(observed(), 1u);
  EXPECT_EQ(lateness.sum(), 0);
  send(milliseconds(1'250));
  EXPECT_EQ(observed(), 2u);
  EXPECT_EQ(lateness.sum(), 0.25);
  heartbeat.set_interval_ms(INT64_MAX);
  send(seconds(1));
  EXPECT_EQ(lateness.sum(), 0.25);
}

}  // namespace
}  // namespace quorate::controller
