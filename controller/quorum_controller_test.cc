#include "controller/quorum_controller.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "controller/testing/controller_fixture.h"
#include "controller/testing/one_snapshot.h"
#include "metadata/state_hash.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

class QuorumControllerTest : public ControllerFixture {};

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
  cluster_.controller(2).Execute(kCreateTopics, {}, {}, pending.reply());
  cluster_.Run();
  EXPECT_EQ(pending.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(pending.error().outcome(), common::v1::REFUSED);
  EXPECT_EQ(pending.error().leader().node_id(), 1);
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
  QuorumController controller({}, {.executor = &executor,
                                   .clock = &cluster_.clock(),
                                   .log = quorum.AddNode(NodeId(4)),
                                   .prober = &cluster_.prober()});
  quorum.StartNode(NodeId(4), &controller);
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
  cluster_.Elect(2, /*kept=*/1);  // this controller still applies the log
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

// A node that was far behind or has just started.
TEST_F(QuorumControllerTest, AControllerGoesOnFromASnapshot) {
  cluster_.Create("in-the-snapshot");
  OneSnapshot snapshots(cluster_.ImageOf(1));
  const raft::SnapshotMeta meta =
      raft::SnapshotMeta::After(*cluster_.quorum().entries().back(), LogIndex(0), raft::VoterSet());
  cluster_.Create("after-it");

  ManualExecutor executor(&cluster_.clock());
  FakeQuorum quorum(&cluster_.clock());
  QuorumController late({}, {.executor = &executor,
                             .clock = &cluster_.clock(),
                             .log = quorum.AddNode(NodeId(4)),
                             .prober = &cluster_.prober(),
                             .snapshots = &snapshots});
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

}  // namespace
}  // namespace quorate::controller
