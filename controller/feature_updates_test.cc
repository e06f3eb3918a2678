#include "controller/feature_updates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "controller/testing/controller_cluster.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using admin::v1::UpdateFeaturesRequest;
using admin::v1::UpdateFeaturesResponse;
using std::chrono::seconds;
using ::testing::HasSubstr;

const uint32_t kLatest = metadata::kLatestMetadataVersion;

// Controllers 1 and 2 lead a log of metadata version 1, which an older controller (9) began. Broker
// 1 is unfenced.
class FeatureUpdatesTest : public ::testing::Test {
 protected:
  FeatureUpdatesTest() {
    FakeQuorum& quorum = cluster_.quorum();
    raft::ReplicatedLog* const older = quorum.AddNode(NodeId(9));
    quorum.Elect(NodeId(9));
    metadata::v1::RecordBatch first;
    *first.add_records() = metadata::MakeMetadataVersionRecord(1);
    older->Propose({.expected_epoch = quorum.epoch(),
                    .expected_base_offset = quorum.entries().back()->end_offset(),
                    .payload = first.SerializeAsString()});
    quorum.Commit();
    cluster_.Elect(1);
    quorum.CommitAtOnce(true);
    Show({kLatest, kLatest});
    cluster_.BringUp(1);
    Heartbeat(kLatest);
  }

  // Sets what the controllers 1, 2, ... in session support.
  void Show(const std::vector<uint32_t>& supported) {
    std::vector<raft::ReplicaStatus> replicas;
    for (size_t i = 0; i < supported.size(); ++i) {
      replicas.push_back({.key = {.node_id = NodeId(static_cast<int32_t>(i) + 1)},
                          .in_session = true,
                          .max_metadata_version = supported[i]});
    }
    cluster_.quorum().SetReplicas(std::move(replicas));
  }

  // Broker 1 says what it supports.
  void Heartbeat(uint32_t supported) {
    const ControllerCluster::Broker& broker = cluster_.broker(1);
    broker::v1::HeartbeatRequest request;
    request.set_broker_id(1);
    request.set_broker_epoch(broker.epoch);
    request.set_incarnation_id(std::string(broker.Incarnation(1).bytes()));
    request.set_metadata_end_offset(cluster_.active().applied_offset().value());
    request.set_stream_ordinal(broker.stream.ordinal);
    request.set_max_metadata_version(supported);
    Pending<broker::v1::HeartbeatResponse> answer;
    cluster_.active().Heartbeat(broker.stream.id, request, answer.reply());
    cluster_.Run();
    ASSERT_TRUE(answer.ok());
  }

  static UpdateFeaturesRequest RequestFor(uint32_t level, int64_t sequence = 0) {
    UpdateFeaturesRequest request;
    request.add_updates()->set_feature("metadata.version");
    request.mutable_updates(0)->set_level(level);
    if (sequence != 0) {
      request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
      request.mutable_request_id()->set_sequence(sequence);
    }
    return request;
  }

  Pending<UpdateFeaturesResponse> Update(const UpdateFeaturesRequest& request,
                                         RequestContext context = {.principal = "admin"}) {
    Pending<UpdateFeaturesResponse> pending;
    cluster_.active().UpdateFeatures(request, std::move(context), pending.reply());
    cluster_.Run();
    return pending;
  }

  uint32_t version() { return cluster_.ImageOf(1).metadata_version(); }

  ControllerCluster cluster_{2};
};

TEST_F(FeatureUpdatesTest, TheLogIsRaised) {
  EXPECT_EQ(version(), 1u);
  const auto raised = Update(RequestFor(kLatest));
  ASSERT_TRUE(raised.ok());
  EXPECT_FALSE(raised.value().results(0).has_error()) << raised.value().ShortDebugString();
  EXPECT_EQ(raised.value().results(0).level(), kLatest);
  EXPECT_EQ(raised.value().end_offset(), cluster_.ImageOf(1).end_offset().value());
  EXPECT_EQ(version(), kLatest);
  EXPECT_EQ(cluster_.ImageOf(2).metadata_version(), kLatest);
  EXPECT_EQ(cluster_.quorum().entries().back()->header().cause,
            "UpdateFeatures metadata.version 3");
  cluster_.Elect(2);
  EXPECT_EQ(cluster_.ImageOf(2).metadata_version(), kLatest);
}

TEST_F(FeatureUpdatesTest, WhatTheControllersSupportCounts) {
  Show({kLatest, 1});
  const auto refused = Update(RequestFor(kLatest));
  ASSERT_TRUE(refused.ok());
  EXPECT_THAT(refused.value().results(0).error().message(), HasSubstr("controller 2 supports"));
  EXPECT_EQ(version(), 1u);
}

TEST_F(FeatureUpdatesTest, WhatTheBrokersInSessionSupportCounts) {
  Heartbeat(0);
  const auto refused = Update(RequestFor(kLatest));
  EXPECT_THAT(refused.value().results(0).error().message(),
              HasSubstr("broker 1 supports metadata version 1 at most"));
  cluster_.KillBroker(1);
  cluster_.Advance(seconds(10));
  EXPECT_FALSE(Update(RequestFor(kLatest)).value().results(0).has_error());
  EXPECT_EQ(version(), kLatest);
}

TEST_F(FeatureUpdatesTest, ANewLeaderWaitsForTheBrokers) {
  cluster_.Elect(2);
  cluster_.ForgetStreams();
  const auto refused = Update(RequestFor(kLatest));
  EXPECT_THAT(refused.value().results(0).error().message(),
              HasSubstr("broker 1 has not sent a heartbeat"));
  cluster_.Heartbeat(1);  // opens a stream
  Heartbeat(kLatest);
  EXPECT_FALSE(Update(RequestFor(kLatest)).value().results(0).has_error());
}

TEST_F(FeatureUpdatesTest, ARequestIdIsAnsweredOnce) {
  Show({kLatest, 1});
  EXPECT_TRUE(Update(RequestFor(kLatest, 1)).value().results(0).has_error());
  Show({kLatest, kLatest});
  EXPECT_TRUE(Update(RequestFor(kLatest, 1)).value().results(0).has_error());
  EXPECT_EQ(version(), 1u);
  EXPECT_FALSE(Update(RequestFor(kLatest, 2)).value().results(0).has_error());
  // A retry gets its answer although the level would not be possible now.
  cluster_.Elect(2);
  Show({kLatest, 1});
  EXPECT_FALSE(Update(RequestFor(kLatest, 2)).value().results(0).has_error());
}

TEST_F(FeatureUpdatesTest, ADryRunChangesNothing) {
  UpdateFeaturesRequest request = RequestFor(kLatest, 1);
  request.set_validate_only(true);
  EXPECT_FALSE(Update(request).value().results(0).has_error());
  EXPECT_EQ(version(), 1u);
}

TEST_F(FeatureUpdatesTest, OnlyTheActiveControllerDecidesInItsEpoch) {
  Pending<UpdateFeaturesResponse> elsewhere;
  cluster_.controller(2).UpdateFeatures(RequestFor(kLatest), {}, elsewhere.reply());
  cluster_.Run();
  EXPECT_EQ(elsewhere.error().code(), common::v1::NOT_CONTROLLER);
  const auto late =
      Update(RequestFor(kLatest), {.principal = "admin", .epoch = cluster_.quorum().epoch() - 1});
  EXPECT_EQ(late.error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(version(), 1u);
}

TEST_F(FeatureUpdatesTest, DescribeClusterTellsTheVersions) {
  Pending<admin::v1::DescribeClusterResponse> active;
  Pending<admin::v1::DescribeClusterResponse> standby;
  cluster_.controller(1).DescribeCluster(active.reply());
  cluster_.controller(2).DescribeCluster(standby.reply());
  cluster_.Run();
  EXPECT_EQ(active.value().metadata_version(), 1u);
  EXPECT_EQ(active.value().brokers(0).max_metadata_version(), kLatest);
  EXPECT_EQ(standby.value().brokers(0).max_metadata_version(), 0u);
}

TEST_F(FeatureUpdatesTest, TooManyUpdatesAreRefused) {
  UpdateFeaturesRequest request;
  for (int i = 0; i < 20'001; ++i) request.add_updates();
  EXPECT_EQ(Update(request).error().code(), common::v1::POLICY_VIOLATION);
}

}  // namespace
}  // namespace quorate::controller
