// Adds the metrics of the lower half of a controller process: its place in the quorum, its log, its
// disk and its peers.
#pragma once

#include "base/clock.h"
#include "raft/api/quorum_status.h"
#include "server/metrics/metrics_page.h"
#include "server/program/quorum_member.h"

namespace quorate::server {

// Adds what the member has counted and the state of its disk. Any thread. REQUIRES: the member is
// not stopped.
void AddMemberMetrics(QuorumMember& member, MetricsPage& page);

// Adds what the member's raft loop has answered at about `now`.
void AddQuorumStatus(const raft::QuorumStatus& quorum, MonoTime now, MetricsPage& page);

}  // namespace quorate::server
