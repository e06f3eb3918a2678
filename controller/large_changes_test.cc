// Tests fences, registrations, shutdowns and elections that change more partitions than one entry
// takes. They are decided in parts. Between the parts, other requests get their turn but append
// nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "controller/testing/controller_cluster.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

constexpr int32_t kPartitions = 60'000;

// The log directories of broker 1.
const Uuid kKept = metadata::TestUuid(0xA00);
const Uuid kFailed = metadata::TestUuid(0xB00);

class LargeChangesTest : public ::testing::Test {
 protected:
  LargeChangesTest() {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    cluster_.broker(1).log_directories = {kKept, kFailed};
    for (int32_t id = 1; id <= 3; ++id) cluster_.BringUp(id);
    admin::v1::CreateTopicsRequest request;
    request.add_topics()->set_name("t");
    request.mutable_topics(0)->set_partition_count(kPartitions);
    request.mutable_topics(0)->set_replication_factor(3);
    CHECK(cluster_.Create(request).ok());
    begin_ = entries();
  }

  size_t entries() { return cluster_.quorum().entries().size(); }
  const raft::EntryHeader& Header(size_t entry) {
    return cluster_.quorum().entries().at(entry)->header();
  }
  // Runs until `count` entries were appended since the beginning.
  void RunUntilAppended(size_t count) {
    while (entries() < begin_ + count) ASSERT_TRUE(cluster_.RunOne());
  }
  void Advance(Duration d) {
    cluster_.Advance(d);
    cluster_.Run();
  }
  void BeginToFence(int32_t id) {
    cluster_.prober().Refuse(ControllerCluster::EndpointOf(id));
    cluster_.active().HeartbeatStreamEnded(std::exchange(cluster_.broker(id).stream, {}).id,
                                           StreamEnd::kBroken);
  }
  // Returns how many partitions the broker leads, and how many have it in their ISR.
  std::pair<int, int> LedAndInSync(int32_t id) {
    int led = 0;
    int in_sync = 0;
    const metadata::TopicPtr topic = cluster_.ImageOf(1).FindTopicByName("t");
    for (int32_t i = 0; i < kPartitions; ++i) {
      led += topic->partition(i).leader() == BrokerId(id) ? 1 : 0;
      in_sync += topic->partition(i).InIsr(BrokerId(id)) ? 1 : 0;
    }
    return {led, in_sync};
  }
  bool Fenced(int32_t id) { return cluster_.ImageOf(1).FindBroker(BrokerId(id))->fenced; }

  ControllerCluster cluster_{2};
  size_t begin_ = 0;
};

TEST_F(LargeChangesTest, AFenceOfManyPartitionsIsSeveralSmallEntriesAndTheLastOneFences) {
  BeginToFence(1);
  RunUntilAppended(1);
  EXPECT_FALSE(Fenced(1));
  cluster_.Run();
  EXPECT_TRUE(Fenced(1));
  EXPECT_EQ(LedAndInSync(1), std::pair(0, 0));
  ASSERT_GE(entries(), begin_ + 3);
  for (size_t entry = begin_; entry < entries(); ++entry) {
    EXPECT_LE(Header(entry).record_count, 30'000);
    EXPECT_EQ(Header(entry).cause,
              "fence broker 1: its connection broke and nothing listens at broker-1:9092");
  }
}

TEST_F(LargeChangesTest, AFailedLogDirectoryIsSeveralSmallEntriesAndTheLastOneTakesItOffline) {
  broker::v1::AssignReplicasToDirsRequest request;
  request.set_broker_id(1);
  request.set_broker_epoch(cluster_.broker(1).epoch);
  auto* directory = request.add_directories();
  directory->set_id(std::string(kFailed.bytes()));
  auto* topic = directory->add_topics();
  topic->set_topic_id(std::string(cluster_.ImageOf(1).FindTopicByName("t")->id().bytes()));
  for (int32_t i = 0; i < kPartitions; ++i) topic->add_partitions(i);
  Pending<broker::v1::AssignReplicasToDirsResponse> assigned;
  cluster_.active().AssignReplicasToDirs(request, {.principal = "tester"}, assigned.reply());
  cluster_.Run();
  ASSERT_TRUE(assigned.ok());
  ASSERT_EQ(LedAndInSync(1).second, kPartitions);

  begin_ = entries();
  cluster_.broker(1).offline_directories = {kFailed};
  ASSERT_TRUE(cluster_.Heartbeat(1).ok());
  EXPECT_FALSE(Fenced(1));
  EXPECT_EQ(LedAndInSync(1), std::pair(0, 0));
  EXPECT_EQ(cluster_.ImageOf(1).FindBroker(BrokerId(1))->details->log_directories,
            std::vector<Uuid>{kKept});
  ASSERT_GE(entries(), begin_ + 3);
  int64_t changed = 0;
  for (size_t entry = begin_; entry < entries(); ++entry) {
    changed += Header(entry).record_count;
    EXPECT_LE(Header(entry).record_count, 30'000);
    EXPECT_EQ(Header(entry).cause,
              "broker 1 reports that log directory " + kFailed.ToString() + " failed");
  }
  EXPECT_EQ(changed, kPartitions + 1) << "each partition once, and the registration";
}

TEST_F(LargeChangesTest, NoPartLooksAtAPartitionAgain) {
  BeginToFence(1);
  cluster_.Run();
  ASSERT_GE(entries(), begin_ + 3);
  int64_t changed = 0;
  for (size_t entry = begin_; entry < entries(); ++entry) changed += Header(entry).record_count;
  EXPECT_EQ(changed, kPartitions + 1) << "each partition once, and the registration";
  // The broker is in no ISR now, so its new incarnation changes nothing but the registration.
  const size_t fenced_at = entries();
  cluster_.StartBroker(1);
  ASSERT_TRUE(cluster_.Register(1).ok());
  EXPECT_EQ(entries(), fenced_at + 1);
}

TEST_F(LargeChangesTest, TheCountsAreRightWhenAllPartsAreCommittedAtOnce) {
  cluster_.quorum().CommitAtOnce(false);
  BeginToFence(1);
  cluster_.Run();
  ASSERT_GE(cluster_.quorum().uncommitted_count(), 3u);
  cluster_.Commit();
  Pending<admin::v1::DescribeClusterResponse> described;
  cluster_.active().DescribeCluster(described.reply());
  cluster_.Run();
  ASSERT_EQ(described.value().brokers_size(), 3);
  EXPECT_EQ(described.value().brokers(0).leader_count(), 0);
  EXPECT_EQ(described.value().brokers(0).replica_count(), kPartitions);
  EXPECT_EQ(
      described.value().brokers(1).leader_count() + described.value().brokers(2).leader_count(),
      kPartitions);
  EXPECT_EQ(described.value().under_replicated_partition_count(), kPartitions);
}

TEST_F(LargeChangesTest, OthersAppendNothingInBetween) {
  BeginToFence(1);
  RunUntilAppended(1);
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_name("later");
  Pending<admin::v1::CreateTopicsResponse> created;
  cluster_.active().Execute(kCreateTopics, request, {.principal = "tester"}, created.reply());
  broker::v1::HeartbeatRequest heartbeat;
  heartbeat.set_broker_id(2);
  heartbeat.set_broker_epoch(cluster_.broker(2).epoch);
  heartbeat.set_incarnation_id(std::string(cluster_.broker(2).Incarnation(2).bytes()));
  Pending<broker::v1::HeartbeatResponse> answered;
  cluster_.active().Heartbeat(cluster_.broker(2).stream.id, heartbeat, answered.reply());
  while (!answered.done()) ASSERT_TRUE(cluster_.RunOne());
  // Checked first, because reading the image runs all tasks.
  EXPECT_FALSE(created.done());
  EXPECT_FALSE(Fenced(1)) << "a heartbeat does not wait for the end of the change";
  cluster_.Run();
  EXPECT_TRUE(Fenced(1));
  ASSERT_TRUE(created.ok());
  EXPECT_NE(Header(entries() - 1).cause.find("later"), std::string::npos)
      << Header(entries() - 1).cause;
}

TEST_F(LargeChangesTest, RequestsThatWaitedAreDecidedAFewAtATime) {
  BeginToFence(1);
  RunUntilAppended(1);
  std::vector<Pending<admin::v1::CreateTopicsResponse>> created(100);
  for (size_t i = 0; i < created.size(); ++i) {
    admin::v1::CreateTopicsRequest request;
    request.add_topics()->set_name("later-" + std::to_string(i));
    cluster_.active().Execute(kCreateTopics, request, {.principal = "tester"}, created[i].reply());
  }
  size_t most = 0;
  for (bool ran = true; ran;) {
    const size_t before = entries();
    ran = cluster_.RunOne();
    most = std::max(most, entries() - before);
  }
  EXPECT_LE(most, 11u) << "one is the last part of the fence";
  int64_t last = 0;
  for (const auto& pending : created) {
    ASSERT_TRUE(pending.ok());
    EXPECT_GT(pending.value().end_offset(), last) << "they keep their order";
    last = pending.value().end_offset();
  }
}

TEST_F(LargeChangesTest, AControlledShutdownAnswersAtOnceAndGoesOn) {
  const auto heartbeat = cluster_.Heartbeat(1, /*want_shutdown=*/true);
  ASSERT_TRUE(heartbeat.ok());
  EXPECT_FALSE(heartbeat.value().should_shut_down());
  // Other brokers that ask to stop within the grace would leave in the same batch.
  cluster_.Advance(std::chrono::seconds(1));
  ASSERT_GE(entries(), begin_ + 3);
  EXPECT_TRUE(cluster_.ImageOf(1).FindBroker(BrokerId(1))->in_controlled_shutdown);
  EXPECT_FALSE(Fenced(1)) << "the others have not replayed the move yet";
  EXPECT_EQ(LedAndInSync(1), std::pair(0, 0));
}

TEST_F(LargeChangesTest, ARegistrationWaitsForTheLastPart) {
  cluster_.EndStream(1, StreamEnd::kReconnecting);
  cluster_.StartBroker(1);
  const auto registered = cluster_.Register(1);
  ASSERT_TRUE(registered.ok());
  ASSERT_GE(entries(), begin_ + 3);
  EXPECT_EQ(LedAndInSync(1), std::pair(0, 0));
  EXPECT_EQ(cluster_.ImageOf(1).FindBroker(BrokerId(1))->broker_epoch,
            registered.value().broker_epoch());
  EXPECT_FALSE(cluster_.Heartbeat(1).value().is_fenced());
}

TEST_F(LargeChangesTest, WhenLeadershipIsLostInTheMiddleTheNextControllerFinishes) {
  BeginToFence(1);
  RunUntilAppended(1);
  cluster_.Elect(2);
  EXPECT_FALSE(cluster_.ImageOf(2).FindBroker(BrokerId(1))->fenced);
  Advance(std::chrono::seconds(1));
  EXPECT_TRUE(cluster_.ImageOf(2).FindBroker(BrokerId(1))->fenced);
  EXPECT_EQ(LedAndInSync(1), std::pair(0, 0));
}

TEST_F(LargeChangesTest, AnUnfenceThatWasLostInTheMiddleLeavesNoLeaderThatIsFenced) {
  // All brokers are fenced. Broker 3 was the last one in sync.
  for (const int32_t id : {1, 2}) {
    BeginToFence(id);
    cluster_.Run();
  }
  ASSERT_EQ(LedAndInSync(3), std::pair(kPartitions, kPartitions));
  BeginToFence(3);
  cluster_.Run();
  ASSERT_EQ(LedAndInSync(3), std::pair(0, kPartitions));
  cluster_.StartBroker(3);
  ASSERT_TRUE(cluster_.Register(3).ok());
  begin_ = entries();
  broker::v1::HeartbeatRequest heartbeat;
  heartbeat.set_broker_id(3);
  heartbeat.set_broker_epoch(cluster_.broker(3).epoch);
  heartbeat.set_incarnation_id(std::string(cluster_.broker(3).Incarnation(3).bytes()));
  heartbeat.set_metadata_end_offset(cluster_.active().applied_offset().value());
  Pending<broker::v1::HeartbeatResponse> answered;
  cluster_.active().Heartbeat(/*stream=*/99, heartbeat, answered.reply());
  RunUntilAppended(1);
  cluster_.Elect(2);
  EXPECT_TRUE(answered.done());
  // The broker sends nothing more.
  Advance(std::chrono::seconds(2));
  EXPECT_TRUE(Fenced(3));
  EXPECT_EQ(LedAndInSync(3), std::pair(0, kPartitions));
}

TEST_F(LargeChangesTest, AForcedUnregistrationThatWasLostInTheMiddleIsFinishedByItsRetry) {
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(1);
  request.set_force(true);
  request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
  request.mutable_request_id()->set_sequence(1);
  const auto send = [&] {
    Pending<admin::v1::UnregisterBrokerResponse> pending;
    cluster_.active().Execute(kUnregisterBroker, request, {.principal = "tester"}, pending.reply());
    return pending;
  };
  const auto first = send();
  RunUntilAppended(1);
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  cluster_.Elect(2);
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  EXPECT_EQ(first.error().outcome(), common::v1::UNKNOWN);
  EXPECT_NE(cluster_.ImageOf(2).FindBroker(BrokerId(1)), nullptr);
  EXPECT_EQ(cluster_.ImageOf(2).request_result_count(), 0u) << "the last part stores the answer";

  const auto retry = send();
  cluster_.Run();
  EXPECT_EQ(retry.value().replica_count(), kPartitions);
  EXPECT_EQ(cluster_.ImageOf(2).FindBroker(BrokerId(1)), nullptr);
  EXPECT_EQ(LedAndInSync(1), std::pair(0, 0));
  const size_t appended = entries();
  const auto again = send();
  cluster_.Run();
  EXPECT_EQ(again.value().replica_count(), kPartitions);
  EXPECT_EQ(entries(), appended);
}

TEST_F(LargeChangesTest, UncleanElectionByDefaultThatWasLostInTheMiddleIsFinishedByItsRetry) {
  // Broker 3 was the last one in sync. Broker 1 returns, and may lack records.
  for (const int32_t id : {1, 2, 3}) {
    BeginToFence(id);
    cluster_.Run();
    ASSERT_TRUE(Fenced(id));
  }
  cluster_.BringUp(1);
  ASSERT_EQ(LedAndInSync(1), std::pair(0, 0));
  begin_ = entries();

  admin::v1::IncrementalAlterConfigsRequest request;
  request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
  request.mutable_request_id()->set_sequence(1);
  auto* item = request.add_resources();
  item->mutable_resource()->set_type(admin::v1::ConfigResource::BROKER);
  auto* change = item->add_changes();
  change->set_key("unclean.leader.election.enable");
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_value("true");
  const auto send = [&] {
    Pending<admin::v1::IncrementalAlterConfigsResponse> pending;
    cluster_.active().Execute(kIncrementalAlterConfigs, request, {.principal = "tester"},
                              pending.reply());
    return pending;
  };
  const auto configured = [&](int32_t controller) {
    return !cluster_.ImageOf(controller).Configs(metadata::ConfigResourceType::kBroker, "").empty();
  };
  const auto first = send();
  RunUntilAppended(1);
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  cluster_.Elect(2);
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  EXPECT_EQ(first.error().outcome(), common::v1::UNKNOWN);
  EXPECT_FALSE(configured(2));

  const auto retry = send();
  cluster_.Run();
  EXPECT_FALSE(retry.value().results(0).has_error());
  EXPECT_TRUE(configured(2));
  EXPECT_EQ(LedAndInSync(1), std::pair(kPartitions, kPartitions));
  const size_t appended = entries();
  EXPECT_GE(appended, begin_ + 3);
  const auto again = send();
  cluster_.Run();
  EXPECT_FALSE(again.value().results(0).has_error());
  EXPECT_EQ(entries(), appended);
}

TEST_F(LargeChangesTest, APauseHoldsTheRestBack) {
  BeginToFence(1);
  RunUntilAppended(1);
  cluster_.quorum().Pause();
  cluster_.Run();
  const size_t paused_at = entries();
  EXPECT_TRUE(cluster_.quorum().pause_confirmed());
  EXPECT_FALSE(Fenced(1));
  Advance(std::chrono::seconds(1));
  EXPECT_EQ(entries(), paused_at);
  cluster_.quorum().Resume();
  cluster_.Run();
  EXPECT_TRUE(Fenced(1));
}

TEST_F(LargeChangesTest, ALogWithoutRoomIsWaitedFor) {
  BeginToFence(1);
  RunUntilAppended(1);
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  Advance(std::chrono::seconds(1));
  EXPECT_FALSE(Fenced(1));
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Fenced(1));
}

}  // namespace
}  // namespace quorate::controller
