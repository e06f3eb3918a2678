#include "controller/decide/activation.h"

#include <gtest/gtest.h>

#include "controller/testing/controller_cluster.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::CreateTopicsResponse;

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
  EXPECT_EQ(cluster.quorum().entries().size(), 5u);  // only its barrier was added
}

TEST(ActivationTest, RequestsThatComeBeforeTheBarrierIsAppliedAreParked) {
  ControllerCluster cluster(2);
  cluster.Elect(1);
  cluster.controller(2).OnLeaderChange(Epoch(2), NodeId(2));
  Pending<CreateTopicsResponse> created;
  Pending<broker::v1::HeartbeatResponse> heartbeat;
  CreateTopicsRequest request;
  request.add_topics()->set_name("t");
  cluster.controller(2).Execute(kCreateTopics, request, {}, created.reply());
  cluster.controller(2).Heartbeat(/*stream=*/7, {}, heartbeat.reply());
  cluster.Run();
  EXPECT_FALSE(created.done());
  EXPECT_FALSE(heartbeat.done());
  cluster.controller(2).HeartbeatStreamEnded(7, StreamEnd::kBroken);
  cluster.Run();
  EXPECT_TRUE(heartbeat.done());  // no client waits for the answer
  cluster.Elect(2);
  cluster.Commit();
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.value().results(0).error().code(), common::v1::INVALID_REPLICATION_FACTOR);
}

TEST(ActivationTest, WhatWasParkedForAClaimThatFailedIsRefused) {
  ControllerCluster cluster(2);
  cluster.controller(2).OnLeaderChange(Epoch(1), NodeId(2));
  Pending<CreateTopicsResponse> created;
  cluster.controller(2).Execute(kCreateTopics, {}, {}, created.reply());
  cluster.Run();
  cluster.Elect(1);
  EXPECT_EQ(created.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(created.error().leader().node_id(), 1);
}

}  // namespace
}  // namespace quorate::controller
