#include "server/metrics/raft_metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace quorate::server {
namespace {

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(RaftMetricsTest, CausesAndReasonsHaveNames) {
  raft::RaftMetrics metrics;
  metrics.elections[static_cast<size_t>(raft::ElectionCause::kLeaderDied)].Add(2);
  metrics.elections[static_cast<size_t>(raft::ElectionCause::kTimeout)].Add(3);
  metrics.leadership_ends[static_cast<size_t>(raft::LeadershipEnd::kDiskStalled)].Add();
  metrics.leadership_ends[static_cast<size_t>(raft::LeadershipEnd::kStopped)].Add(4);
  metrics.won_election_duration.Observe(0.02);
  metrics.append_bytes.Observe(1000);
  MetricsPage page;
  AddRaftMetrics(metrics, std::chrono::milliseconds(300), page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_raft_elections_total{cause=\"leader_died\"} 2");
  ExpectSample(text, "quorate_raft_elections_total{cause=\"timeout\"} 3");
  ExpectSample(text, "quorate_raft_elections_total{cause=\"start\"} 0");
  ExpectSample(text, "quorate_raft_leadership_ends_total{reason=\"disk_stalled\"} 1");
  ExpectSample(text, "quorate_raft_leadership_ends_total{reason=\"stopped\"} 4");
  ExpectSample(text, "quorate_raft_won_election_seconds_count 1");
  ExpectSample(text, "quorate_raft_append_bytes_bucket{le=\"1024\"} 1");
  ExpectSample(text, "quorate_raft_append_bytes_sum 1000");
  ExpectSample(text, "quorate_raft_commit_seconds_count 0");
  ExpectSample(text, "quorate_raft_election_timeout_seconds 0.3");
}

TEST(RaftMetricsTest, TheOwnLog) {
  raft::QuorumStatus quorum;
  quorum.own_log = {.entries = 12, .uncommitted_bytes = 34, .disk_is_stalled = true};
  quorum.replicas.resize(3);
  quorum.replicas[1].receives_snapshot = true;
  MetricsPage page;
  AddOwnLogMetrics(quorum, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_raft_log_entries 12");
  ExpectSample(text, "quorate_raft_uncommitted_bytes 34");
  ExpectSample(text, "quorate_disk_stalled 1");
  ExpectSample(text, "quorate_raft_snapshot_transfers 1");
}

}  // namespace
}  // namespace quorate::server
