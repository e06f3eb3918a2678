#include "controller/quorum_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "controller/testing/controller_cluster.h"
#include "metadata/state_hash.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::CreateTopicsResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class QuorumControllerTest : public ::testing::Test {
 protected:
  QuorumControllerTest() {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    for (int32_t id = 1; id <= 3; ++id) cluster_.BringUp(id);
  }

  // Nothing is committed any more until the test says so.
  void HoldCommits() { cluster_.quorum().CommitAtOnce(false); }

  static CreateTopicsRequest WithId(const std::string& name, int64_t sequence) {
    CreateTopicsRequest request;
    request.add_topics()->set_name(name);
    request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
    request.mutable_request_id()->set_sequence(sequence);
    return request;
  }

  metadata::PartitionView PartitionOf(const std::string& topic) {
    image_ = cluster_.ImageOf(1);
    return image_.FindTopicByName(topic)->partition(0);
  }

  ControllerCluster cluster_{2};
  metadata::MetadataImage image_;
};

TEST(ActivationTest, TheFirstLeaderWritesTheVotersAndTheMetadataVersion) {
  ControllerCluster cluster(3);
  EXPECT_FALSE(cluster.controller(1).is_active());
  cluster.Elect(1);
  EXPECT_TRUE(cluster.controller(1).is_active());
  cluster.Commit();
  const auto& entries = cluster.quorum().entries();
  ASSERT_EQ(entries.size(), 3u);  // after the barrier
  EXPECT_EQ(entries[1]->header().type, raft::EntryType::kVoters);
  EXPECT_EQ(raft::VoterSet::Parse(entries[1]->payload())->size(), 3u);
  EXPECT_EQ(cluster.ImageOf(2).metadata_version(), metadata::kLatestMetadataVersion);
}

TEST(ActivationTest, WhatAFirstLeaderLeftOutIsMadeUpForByTheNext) {
  ControllerCluster cluster(3);
  cluster.Elect(1);
  cluster.Elect(2, /*kept=*/1);  // the voters survived, the metadata version did not
  cluster.Commit();
  const auto& entries = cluster.quorum().entries();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[3]->header().cause, "activation: the metadata version");
  cluster.Elect(3);
  cluster.Commit();
  EXPECT_EQ(cluster.quorum().entries().size(), 5u);  // its barrier alone
}

TEST(ActivationTest, RequestsThatComeBeforeTheBarrierIsAppliedAreParked) {
  ControllerCluster cluster(2);
  cluster.Elect(1);
  cluster.controller(2).OnLeaderChange(Epoch(2), NodeId(2));
  Pending<CreateTopicsResponse> created;
  Pending<broker::v1::HeartbeatResponse> heartbeat;
  CreateTopicsRequest request;
  request.add_topics()->set_name("t");
  cluster.controller(2).CreateTopics(request, {}, created.reply());
  cluster.controller(2).Heartbeat(/*stream=*/7, {}, heartbeat.reply());
  cluster.Run();
  EXPECT_FALSE(created.done());
  EXPECT_FALSE(heartbeat.done());
  cluster.controller(2).HeartbeatStreamEnded(7, StreamEnd::kBroken);
  cluster.Run();
  EXPECT_TRUE(heartbeat.done());  // nobody waits for it any more
  cluster.Elect(2);
  cluster.Commit();
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.value().results(0).error().code(), common::v1::INVALID_REPLICATION_FACTOR);
}

TEST(ActivationTest, WhatWasParkedForAClaimThatFailedIsRefused) {
  ControllerCluster cluster(2);
  cluster.controller(2).OnLeaderChange(Epoch(1), NodeId(2));
  Pending<CreateTopicsResponse> created;
  cluster.controller(2).CreateTopics({}, {}, created.reply());
  cluster.Run();
  cluster.Elect(1);
  EXPECT_EQ(created.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(created.error().leader().node_id(), 1);
}

TEST_F(QuorumControllerTest, AnAnswerWaitsUntilItsEntryIsCommitted) {
  HoldCommits();
  const auto created = cluster_.Create("orders");
  EXPECT_FALSE(created.done());
  cluster_.Commit();
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.value().end_offset(), cluster_.active().applied_offset().value());
  EXPECT_NE(created.value().results(0).topic_id(), "");
}

TEST_F(QuorumControllerTest, AnErrorWaitsForWhatCausedIt) {
  HoldCommits();
  const auto first = cluster_.Create("orders");
  const auto second = cluster_.Create("orders");
  EXPECT_FALSE(second.done());
  cluster_.Commit();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value().results(0).error().code(), common::v1::TOPIC_ALREADY_EXISTS);
  EXPECT_EQ(second.value().end_offset(), first.value().end_offset());
}

TEST_F(QuorumControllerTest, DecisionsArePipelinedAndAnsweredInOrder) {
  HoldCommits();
  const auto a = cluster_.Create("a");
  const auto b = cluster_.Create("b");
  EXPECT_EQ(cluster_.quorum().uncommitted_count(), 2u);
  cluster_.Commit(1);
  EXPECT_TRUE(a.done());
  EXPECT_FALSE(b.done());
  cluster_.Commit();
  EXPECT_TRUE(b.ok());
}

TEST_F(QuorumControllerTest, AllControllersHaveTheSameImage) {
  cluster_.Create("orders");
  const auto leader = cluster_.ImageOf(1);
  const auto follower = cluster_.ImageOf(2);
  EXPECT_EQ(leader.end_offset(), follower.end_offset());
  EXPECT_EQ(leader.last_append_time_ms(), follower.last_append_time_ms());
  EXPECT_TRUE(*leader.FindTopicByName("orders") == *follower.FindTopicByName("orders"));
}

TEST_F(QuorumControllerTest, AStandbyRefusesAndNamesTheActiveController) {
  Pending<CreateTopicsResponse> pending;
  cluster_.controller(2).CreateTopics(WithId("t", 1), {}, pending.reply());
  cluster_.Run();
  EXPECT_EQ(pending.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(pending.error().outcome(), common::v1::REFUSED);
  EXPECT_EQ(pending.error().leader().node_id(), 1);
}

TEST_F(QuorumControllerTest, LosingLeadershipLeavesUnknownWhatWasAppended) {
  HoldCommits();
  const auto appended = cluster_.Create("a");
  const auto refused = cluster_.Create("a");  // TOPIC_ALREADY_EXISTS, from the uncommitted image
  cluster_.Elect(2);
  EXPECT_EQ(appended.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(appended.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(refused.error().outcome(), common::v1::REFUSED);
  EXPECT_FALSE(cluster_.controller(1).is_active());
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("a"), nullptr);
}

TEST_F(QuorumControllerTest, WhatAnotherLeaderCommitsOfOursIsReplayed) {
  HoldCommits();
  cluster_.Create("kept");
  cluster_.Create("lost");
  cluster_.Elect(2, /*kept=*/1);
  for (int id = 1; id <= 2; ++id) {
    EXPECT_NE(cluster_.ImageOf(id).FindTopicByName("kept"), nullptr);
    EXPECT_EQ(cluster_.ImageOf(id).FindTopicByName("lost"), nullptr);
  }
}

TEST_F(QuorumControllerTest, ARetriedRequestIdGetsTheFirstAnswerAfterAFailover) {
  HoldCommits();
  const auto first = cluster_.Create(WithId("orders", 1));
  cluster_.Elect(2, /*kept=*/1);
  ASSERT_EQ(first.error().outcome(), common::v1::UNKNOWN);
  const auto retry = cluster_.Create(WithId("orders", 1));
  ASSERT_TRUE(retry.ok());
  EXPECT_FALSE(retry.value().results(0).has_error());
  EXPECT_EQ(retry.value().results(0).topic_id(),
            cluster_.ImageOf(2).FindTopicByName("orders")->id().ToString());
}

TEST_F(QuorumControllerTest, ARetryBeforeTheFirstAttemptIsCommittedWaitsForIt) {
  HoldCommits();
  const auto first = cluster_.Create(WithId("orders", 1));
  const auto retry = cluster_.Create(WithId("orders", 1));
  EXPECT_EQ(cluster_.quorum().uncommitted_count(), 1u);
  EXPECT_FALSE(retry.done());
  cluster_.Commit();
  EXPECT_EQ(retry.value().results(0).topic_id(), first.value().results(0).topic_id());
}

TEST_F(QuorumControllerTest, ARetryThatLosesItsControllerIsUnknownToo) {
  HoldCommits();
  cluster_.Create(WithId("orders", 1));
  const auto retry = cluster_.Create(WithId("orders", 1));
  cluster_.Elect(2);
  EXPECT_EQ(retry.error().outcome(), common::v1::UNKNOWN);
}

TEST_F(QuorumControllerTest, OneIdIsForOneRequest) {
  cluster_.Create(WithId("orders", 1));
  const auto other = cluster_.Create(WithId("payments", 1));
  EXPECT_EQ(other.error().code(), common::v1::INVALID_REQUEST);
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("payments"), nullptr);

  admin::v1::DeleteTopicsRequest deletion;
  *deletion.mutable_request_id() = WithId("", 1).request_id();
  deletion.add_topics()->set_name("orders");
  Pending<admin::v1::DeleteTopicsResponse> pending;
  cluster_.active().DeleteTopics(deletion, {.principal = "tester"}, pending.reply());
  cluster_.Run();
  EXPECT_THAT(pending.error().message(), HasSubstr("CreateTopics"));
}

TEST_F(QuorumControllerTest, ARefusalUsesUpItsId) {
  const auto first = cluster_.Create(WithId("b a d", 1));
  EXPECT_TRUE(first.value().results(0).has_error());
  const auto retry = cluster_.Create(WithId("b a d", 1));
  EXPECT_EQ(retry.value().results(0).ShortDebugString(),
            first.value().results(0).ShortDebugString());
  EXPECT_EQ(cluster_.Create(WithId("good", 1)).error().code(), common::v1::INVALID_REQUEST);
}

TEST(RememberedLimitTest, EntriesThatOnlyRememberAnAnswerAreLimited) {
  ControllerCluster cluster(2);
  cluster.Elect(1);
  cluster.quorum().CommitAtOnce(true);
  CreateTopicsRequest request;
  request.add_topics()->set_name("b a d");
  request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
  const auto next = [&] {
    request.mutable_request_id()->set_sequence(request.request_id().sequence() + 1);
    return cluster.Create(request);
  };
  int64_t remembered = 0;
  auto answer = next();
  for (; answer.ok(); answer = next()) ++remembered;
  EXPECT_EQ(remembered, 10'000);
  EXPECT_EQ(answer.error().code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.error().outcome(), common::v1::REFUSED);
  EXPECT_GT(answer.error().retry_after_ms(), 0);
  // What is known already needs no entry.
  request.mutable_request_id()->set_sequence(1);
  EXPECT_TRUE(cluster.Create(request).ok());
  cluster.Advance(milliseconds(answer.error().retry_after_ms()));
  request.mutable_request_id()->set_sequence(remembered + 1);
  EXPECT_TRUE(cluster.Create(request).ok());
}

TEST_F(QuorumControllerTest, MalformedRequestIdsAreRefused) {
  auto request = WithId("t", 0);
  EXPECT_EQ(cluster_.Create(request).error().code(), common::v1::INVALID_REQUEST);
  request.mutable_request_id()->set_sequence(1);
  request.mutable_request_id()->set_client_uuid("short");
  EXPECT_EQ(cluster_.Create(request).error().code(), common::v1::INVALID_REQUEST);
}

TEST_F(QuorumControllerTest, ADeadlineLeavesUnknownWhatWasAppended) {
  HoldCommits();
  const MonoTime deadline = cluster_.clock().Now() + seconds(1);
  const auto appended = cluster_.Create("a", deadline);
  const auto refused = cluster_.Create("a", deadline);
  cluster_.Advance(milliseconds(999));
  EXPECT_FALSE(appended.done());
  cluster_.Advance(milliseconds(1));
  EXPECT_EQ(appended.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(appended.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(refused.error().outcome(), common::v1::REFUSED);
  cluster_.Commit();  // the answer comes late, to nobody
}

TEST_F(QuorumControllerTest, ADeadlineThatHasPassedIsNotDecided) {
  const auto late = cluster_.Create("a", cluster_.clock().Now());
  EXPECT_EQ(late.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(late.error().outcome(), common::v1::REFUSED);
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("a"), nullptr);
}

TEST_F(QuorumControllerTest, AFullLogRefusesWithAHint) {
  cluster_.quorum().SetAdmission(raft::Admission::kFull);
  const auto full = cluster_.Create("a");
  EXPECT_EQ(full.error().code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_GT(full.error().retry_after_ms(), 0);
  cluster_.quorum().SetAdmission(raft::Admission::kDiskFull);
  EXPECT_THAT(cluster_.Create("a").error().message(), HasSubstr("disk"));
  // A heartbeat is answered all the same.
  EXPECT_TRUE(cluster_.Heartbeat(1).ok());
}

TEST_F(QuorumControllerTest, ATransferParksRequestsAndAFailedOneDecidesThem) {
  cluster_.quorum().Pause();
  const auto parked = cluster_.Create("a");
  EXPECT_TRUE(cluster_.quorum().pause_confirmed());
  EXPECT_FALSE(parked.done());
  EXPECT_TRUE(cluster_.Heartbeat(1).ok());
  cluster_.quorum().Resume();
  cluster_.Run();
  EXPECT_TRUE(parked.ok());
}

TEST_F(QuorumControllerTest, ATransferThatSucceedsRefusesWhatWasParked) {
  cluster_.quorum().Pause();
  const auto parked = cluster_.Create("a");
  cluster_.Elect(2);
  EXPECT_EQ(parked.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(parked.error().outcome(), common::v1::REFUSED);
}

TEST_F(QuorumControllerTest, AFrozenLogParksUntilItThaws) {
  cluster_.quorum().SetAdmission(raft::Admission::kFrozen);
  const auto parked = cluster_.Create("a");
  EXPECT_FALSE(parked.done());
  cluster_.quorum().SetAdmission(raft::Admission::kOpen);
  cluster_.Advance(milliseconds(100));
  EXPECT_TRUE(parked.ok());
}

TEST_F(QuorumControllerTest, AParkedRequestKeepsItsDeadline) {
  cluster_.quorum().Pause();
  const auto parked = cluster_.Create("a", cluster_.clock().Now() + seconds(1));
  cluster_.Advance(seconds(1));
  EXPECT_EQ(parked.error().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(parked.error().outcome(), common::v1::REFUSED);
}

TEST_F(QuorumControllerTest, ReadsWaitForTheirOffsetOnEveryController) {
  HoldCommits();
  cluster_.Create("orders");
  Pending<metadata::MetadataImage> image;
  const RecordOffset next = cluster_.controller(2).applied_offset() + 1;
  cluster_.controller(2).ReadImage(next, kNever, image.reply());
  Pending<metadata::MetadataImage> late;
  cluster_.controller(2).ReadImage(next + 1'000, cluster_.clock().Now() + seconds(1), late.reply());
  cluster_.Run();
  EXPECT_FALSE(image.done());
  cluster_.Commit();
  ASSERT_TRUE(image.ok());
  EXPECT_NE(image.value().FindTopicByName("orders"), nullptr);
  cluster_.Advance(seconds(1));
  EXPECT_EQ(late.error().code(), common::v1::REQUEST_TIMED_OUT);
}

TEST_F(QuorumControllerTest, ARequestThatComesAloneIsDecidedAtOnceIfTheLoopIsFree) {
  ManualExecutor executor(&cluster_.clock());
  FakeQuorum quorum(&cluster_.clock());
  QuorumController controller({}, &executor, &cluster_.clock(), &cluster_.prober());
  controller.SetLog(quorum.AddNode(NodeId(4), &controller));
  executor.set_lends(true);
  Pending<admin::v1::DescribeClusterResponse> alone;
  controller.DescribeCluster(alone.reply());
  EXPECT_TRUE(alone.ok());
  quorum.Elect(NodeId(4));
  executor.RunReady();
  EXPECT_FALSE(quorum.entries().empty());
  Pending<admin::v1::DescribeClusterResponse> in_company;
  controller.DescribeCluster(in_company.reply());
  EXPECT_FALSE(in_company.done()) << "the activation is not committed";
  controller.Shutdown();
  executor.RunReady();
  EXPECT_TRUE(in_company.ok());
}

TEST_F(QuorumControllerTest, AfterShutdownEverythingIsRefused) {
  HoldCommits();
  const auto waiting = cluster_.Create("a");
  cluster_.controller(1).Shutdown();
  cluster_.Run();
  EXPECT_EQ(waiting.error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(cluster_.Create("b").error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(cluster_.Heartbeat(1).error().code(), common::v1::NOT_CONTROLLER);
  cluster_.Elect(2, /*kept=*/1);  // the log goes on, and so does what this controller applies
  EXPECT_EQ(cluster_.controller(1).applied_offset(), cluster_.controller(2).applied_offset());
}

TEST_F(QuorumControllerTest, DescribeClusterTellsLoadsAndSessions) {
  cluster_.Create("orders");
  cluster_.Advance(milliseconds(300));
  Pending<admin::v1::DescribeClusterResponse> active;
  Pending<admin::v1::DescribeClusterResponse> standby;
  cluster_.controller(1).DescribeCluster(active.reply());
  cluster_.controller(2).DescribeCluster(standby.reply());
  cluster_.Run();
  EXPECT_EQ(active.value().cluster_id(), ControllerCluster::kClusterId);
  EXPECT_EQ(active.value().active_controller_id(), 1);
  EXPECT_EQ(active.value().topic_count(), 1);
  EXPECT_TRUE(active.value().from_active_controller());
  ASSERT_EQ(active.value().brokers_size(), 3);
  EXPECT_EQ(active.value().brokers(0).last_contact_age_ms(), 300);
  EXPECT_EQ(active.value().brokers(0).replica_count(), 1);
  EXPECT_EQ(active.value().brokers(0).reported_leader_count(), -1);
  EXPECT_EQ(standby.value().active_controller_id(), 1);
  EXPECT_FALSE(standby.value().from_active_controller());
  EXPECT_EQ(standby.value().brokers(0).last_contact_age_ms(), -1);
}

TEST_F(QuorumControllerTest, ReportedRolesAreCountedFromACompleteReportOn) {
  admin::v1::CreateTopicsRequest create;
  create.add_topics()->set_name("orders");
  create.mutable_topics(0)->set_partition_count(2);
  ASSERT_TRUE(cluster_.Create(create).ok());
  const Uuid topic_id = cluster_.ImageOf(1).FindTopicByName("orders")->id();
  const auto report = [&](bool complete, int32_t partition, broker::v1::Role role) {
    broker::v1::ReportRolesRequest request;
    request.set_broker_id(1);
    request.set_broker_epoch(cluster_.broker(1).epoch);
    request.set_complete(complete);
    auto* of_partition = request.add_roles();
    of_partition->set_topic_id(std::string(topic_id.bytes()));
    of_partition->set_partition(partition);
    of_partition->set_role(role);
    Pending<broker::v1::ReportRolesResponse> reply;
    cluster_.active().ReportRoles(request, {}, reply.reply());
    cluster_.Run();
    EXPECT_TRUE(reply.ok());
    Pending<admin::v1::DescribeClusterResponse> described;
    cluster_.active().DescribeCluster(described.reply());
    cluster_.Run();
    return described.value().brokers(0).reported_leader_count();
  };
  EXPECT_EQ(report(false, 0, broker::v1::ROLE_LEADER), -1);
  EXPECT_EQ(report(true, 0, broker::v1::ROLE_LEADER), 1);
  EXPECT_EQ(report(false, 1, broker::v1::ROLE_LEADER), 2);
  EXPECT_EQ(report(false, 0, broker::v1::ROLE_FOLLOWER), 1);
}

// A node that was far behind, or has just started.
TEST_F(QuorumControllerTest, AControllerGoesOnFromASnapshot) {
  class OneSnapshot final : public SnapshotSource {
   public:
    explicit OneSnapshot(metadata::MetadataImage image) : image_(std::move(image)) {}
    absl::StatusOr<metadata::MetadataImage> Load(const raft::SnapshotId& id) override {
      EXPECT_EQ(id.end_offset, image_.end_offset());
      return image_;
    }

   private:
    const metadata::MetadataImage image_;
  };
  cluster_.Create("in-the-snapshot");
  OneSnapshot snapshots(cluster_.ImageOf(1));
  const raft::SnapshotMeta meta =
      raft::SnapshotMeta::After(*cluster_.quorum().entries().back(), LogIndex(0), raft::VoterSet());
  cluster_.Create("after-it");

  ManualExecutor executor(&cluster_.clock());
  FakeQuorum quorum(&cluster_.clock());
  QuorumController late({}, &executor, &cluster_.clock(), &cluster_.prober());
  late.SetLog(quorum.AddNode(NodeId(4), &late));
  late.SetSnapshots(&snapshots);
  late.OnSnapshot(meta);
  late.OnCommitted({cluster_.quorum().entries().back()});
  executor.RunReady();
  EXPECT_EQ(late.applied_offset(), cluster_.ImageOf(1).end_offset());
  Pending<metadata::MetadataImage> image;
  late.ReadImage(late.applied_offset(), kNever, image.reply());
  executor.RunReady();
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(metadata::StateHash(image.value()), metadata::StateHash(cluster_.ImageOf(1)));
  late.Shutdown();
  executor.RunReady();
}

TEST_F(QuorumControllerTest, ARegistrationThatIsRefusedDialsNobody) {
  const auto dialled = cluster_.prober().dialled();
  broker::v1::RegisterBrokerRequest request;
  request.set_cluster_id(ControllerCluster::kClusterId);
  request.set_broker_id(9);
  request.set_incarnation_id(std::string(metadata::TestUuid(9).bytes()));
  request.set_advertised_endpoint("victim:22");
  const auto error_code = [&](const broker::v1::RegisterBrokerRequest& wrong) {
    Pending<broker::v1::RegisterBrokerResponse> pending;
    cluster_.active().RegisterBroker(wrong, {.principal = "stranger"}, pending.reply());
    cluster_.Run();
    return pending.error().code();
  };
  auto wrong = request;
  wrong.set_cluster_id("another");
  EXPECT_EQ(error_code(wrong), common::v1::INCONSISTENT_CLUSTER_ID);
  wrong = request;
  wrong.set_rack(std::string(256, 'r'));
  EXPECT_EQ(error_code(wrong), common::v1::INVALID_REGISTRATION);
  wrong = request;
  wrong.set_broker_id(-1);
  EXPECT_EQ(error_code(wrong), common::v1::INVALID_REGISTRATION);
  wrong = request;
  wrong.set_broker_id(1);  // held by a process that has a stream
  EXPECT_EQ(error_code(wrong), common::v1::DUPLICATE_BROKER_REGISTRATION);
  EXPECT_EQ(cluster_.prober().dialled(), dialled);
}

TEST_F(QuorumControllerTest, TheRegistrationsThatDialAreBounded) {
  cluster_.prober().Swallow("victim:22");
  const size_t before = cluster_.prober().dialled().size();
  int refused = 0;
  std::vector<Pending<broker::v1::RegisterBrokerResponse>> answers(1'000);
  for (int32_t i = 0; i < 1'000; ++i) {
    broker::v1::RegisterBrokerRequest request;
    request.set_cluster_id(ControllerCluster::kClusterId);
    request.set_broker_id(1'000 + i);
    request.set_incarnation_id(std::string(metadata::TestUuid(9).bytes()));
    request.set_advertised_endpoint("victim:22");
    auto& answer = answers[static_cast<size_t>(i)];
    cluster_.active().RegisterBroker(request, {.principal = "stranger"}, answer.reply());
    cluster_.Run();
    if (answer.done() && answer.error().code() == common::v1::RESOURCE_EXHAUSTED) ++refused;
  }
  EXPECT_EQ(refused, 872);
  EXPECT_EQ(cluster_.prober().dialled().size() - before, 128u);
  cluster_.Advance(seconds(2));
  for (int i = 0; i < 128; ++i) EXPECT_TRUE(answers[static_cast<size_t>(i)].ok()) << i;
}

}  // namespace
}  // namespace quorate::controller
