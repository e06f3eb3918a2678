#include "server/metrics/quorum_metrics.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

constexpr std::string_view kRoles[] = {"follower", "leader", "observer", "unattached"};

std::string_view RoleOf(const raft::QuorumStatus& quorum) {
  if (quorum.leader == quorum.self) return "leader";
  const bool is_voter = std::any_of(quorum.replicas.begin(), quorum.replicas.end(),
                                    [&](const raft::ReplicaStatus& replica) {
                                      return replica.is_voter && replica.key.node_id == quorum.self;
                                    });
  if (!is_voter) return "observer";
  return quorum.leader ? "follower" : "unattached";
}

}  // namespace

void AddQuorumMetrics(const raft::QuorumStatus& quorum, MonoTime now, MetricsPage& page) {
  page.Add(kLeaderId, quorum.leader ? quorum.leader->value() : -1);
  page.Add(kEpoch, quorum.epoch.value());
  const std::string_view own_role = RoleOf(quorum);
  for (const std::string_view role : kRoles) {
    page.Add(kRole, role == own_role ? 1 : 0, {{"role", std::string(role)}});
  }
  page.Add(kHighWatermark, static_cast<double>(quorum.high_watermark.value()));
  page.Add(kLogEndOffset, static_cast<double>(quorum.log_end_offset.value()));
  page.Add(kVoters, static_cast<double>(quorum.voter_set.voters().size()));
  for (const raft::ReplicaStatus& replica : quorum.replicas) {
    if (replica.key.node_id == quorum.self) continue;
    const MetricLabels labels = {{"peer", std::to_string(replica.key.node_id.value())},
                                 {"kind", replica.is_voter ? "voter" : "observer"}};
    page.Add(kPeerInSession, replica.in_session ? 1 : 0, labels);
    if (quorum.leader != quorum.self) continue;
    if (replica.log_end_offset) {
      const int64_t lag = quorum.log_end_offset.value() - replica.log_end_offset->value();
      page.Add(kPeerLag, static_cast<double>(std::max<int64_t>(lag, 0)), labels);
    }
    if (replica.last_contact) {
      page.Add(kPeerLastContact, Seconds(now - *replica.last_contact), labels);
    }
  }
}

}  // namespace quorate::server
