#include "server/metrics/quorum_metrics.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::server {
namespace {

using std::chrono::seconds;

const MonoTime kNow = MonoTime(seconds(1000));

raft::ReplicaStatus Replica(int id) {
  raft::ReplicaStatus replica;
  replica.key.node_id = NodeId(id);
  return replica;
}

// Node 1 leads the voters 1 and 2; node 9 is an observer.
raft::QuorumStatus Quorum() {
  raft::QuorumStatus quorum;
  quorum.self = NodeId(1);
  quorum.epoch = Epoch(7);
  quorum.leader = NodeId(1);
  quorum.high_watermark = RecordOffset(90);
  quorum.log_end_offset = RecordOffset(100);
  quorum.replicas = {Replica(1), Replica(2), Replica(9)};
  quorum.replicas[1].log_end_offset = RecordOffset(60);
  quorum.replicas[1].last_contact = kNow - seconds(2);
  quorum.replicas[1].in_session = true;
  quorum.replicas[2].is_voter = false;
  return quorum;
}

std::string Render(const raft::QuorumStatus& quorum) {
  MetricsPage page;
  AddQuorumMetrics(quorum, kNow, page);
  return page.Render();
}

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(QuorumMetricsTest, ALeaderKnowsItsPeers) {
  const std::string page = Render(Quorum());
  ExpectSample(page, "quorate_raft_leader_id 1");
  ExpectSample(page, "quorate_raft_epoch 7");
  ExpectSample(page, "quorate_raft_role{role=\"leader\"} 1");
  ExpectSample(page, "quorate_raft_role{role=\"follower\"} 0");
  ExpectSample(page, "quorate_raft_high_watermark_offset 90");
  ExpectSample(page, "quorate_raft_log_end_offset 100");
  ExpectSample(page, "quorate_raft_peer_in_session{peer=\"2\",kind=\"voter\"} 1");
  ExpectSample(page, "quorate_raft_peer_lag_offsets{peer=\"2\",kind=\"voter\"} 40");
  ExpectSample(page, "quorate_raft_peer_last_contact_seconds{peer=\"2\",kind=\"voter\"} 2");
  ExpectSample(page, "quorate_raft_peer_in_session{peer=\"9\",kind=\"observer\"} 0");
}

TEST(QuorumMetricsTest, WhatIsNotKnownIsOmitted) {
  const std::string page = Render(Quorum());
  EXPECT_EQ(page.find("peer=\"1\""), std::string::npos) << page;
  EXPECT_EQ(page.find("lag_offsets{peer=\"9\""), std::string::npos) << page;
  EXPECT_EQ(page.find("contact_seconds{peer=\"9\""), std::string::npos) << page;
}

TEST(QuorumMetricsTest, AFollowerDoesNotKnowLags) {
  raft::QuorumStatus quorum = Quorum();
  quorum.leader = NodeId(2);
  const std::string page = Render(quorum);
  ExpectSample(page, "quorate_raft_role{role=\"follower\"} 1");
  ExpectSample(page, "quorate_raft_leader_id 2");
  EXPECT_EQ(page.find("lag_offsets"), std::string::npos) << page;
}

TEST(QuorumMetricsTest, RolesWithoutALeader) {
  raft::QuorumStatus quorum = Quorum();
  quorum.leader.reset();
  std::string page = Render(quorum);
  ExpectSample(page, "quorate_raft_role{role=\"unattached\"} 1");
  ExpectSample(page, "quorate_raft_leader_id -1");
  quorum.self = NodeId(9);
  page = Render(quorum);
  ExpectSample(page, "quorate_raft_role{role=\"observer\"} 1");
}

TEST(QuorumMetricsTest, AFollowerAheadHasNoLag) {
  raft::QuorumStatus quorum = Quorum();
  quorum.replicas[1].log_end_offset = RecordOffset(105);
  ExpectSample(Render(quorum), "quorate_raft_peer_lag_offsets{peer=\"2\",kind=\"voter\"} 0");
}

}  // namespace
}  // namespace quorate::server
