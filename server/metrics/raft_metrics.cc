#include "server/metrics/raft_metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

// In the order of raft::ElectionCause.
constexpr std::array<std::string_view, raft::kElectionCauses> kCauses = {
    "start", "leader_died", "resignation", "transfer", "timeout"};
// In the order of raft::LeadershipEnd.
constexpr std::array<std::string_view, raft::kLeadershipEnds> kReasons = {
    "deposed", "transferred", "no_quorum", "disk_stalled", "removed", "stopped"};

}  // namespace

void AddRaftMetrics(const raft::RaftMetrics& metrics, Duration election_timeout_max,
                    MetricsPage& page) {
  page.Add(kElectionTimeout, Seconds(election_timeout_max));
  for (size_t i = 0; i < kCauses.size(); ++i) {
    page.Add(kRaftElections, metrics.elections[i], {{"cause", std::string(kCauses[i])}});
  }
  page.Add(kElectionDuration, metrics.won_election_duration);
  for (size_t i = 0; i < kReasons.size(); ++i) {
    page.Add(kLeadershipEnds, metrics.leadership_ends[i], {{"reason", std::string(kReasons[i])}});
  }
  page.Add(kDistrustedClaims, metrics.distrusted_claims);
  page.Add(kCommitLatency, metrics.commit_latency);
  page.Add(kAppendEntries, metrics.append_entries);
  page.Add(kAppendBytes, metrics.append_bytes);
}

void AddOwnLogMetrics(const raft::QuorumStatus& quorum, MetricsPage& page) {
  page.Add(kUncommittedBytes, static_cast<double>(quorum.own_log.uncommitted_bytes));
  page.Add(kLogEntries, static_cast<double>(quorum.own_log.entries));
  page.Add(kDiskIsStalled, quorum.own_log.disk_is_stalled ? 1 : 0);
  page.Add(kSnapshotTransfers,
           static_cast<double>(std::count_if(
               quorum.replicas.begin(), quorum.replicas.end(),
               [](const raft::ReplicaStatus& replica) { return replica.receives_snapshot; })));
}

}  // namespace quorate::server
