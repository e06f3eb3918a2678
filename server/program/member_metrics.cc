#include "server/program/member_metrics.h"

#include "server/metrics/peer_metrics.h"
#include "server/metrics/quorum_metrics.h"
#include "server/metrics/raft_metrics.h"
#include "server/metrics/storage_metrics.h"

namespace quorate::server {
namespace {

void AddStorage(QuorumMember& member, MetricsPage& page) {
  StorageState state = {.log_bytes = member.log().ApproximateBytes(),
                        .free_bytes = member.free_space().free_bytes(),
                        .min_free_bytes = member.free_space().min_free_bytes(),
                        .snapshot = member.snapshots().Newest()};
  if (state.snapshot) {
    // The file may have been removed meanwhile, for a newer snapshot.
    state.snapshot_bytes = member.snapshots().SizeOf(state.snapshot->id).value_or(0);
  }
  AddStorageMetrics({.log = &member.log().metrics(),
                     .writes = &member.snapshot_writer().metrics(),
                     .transfers = &member.snapshots().metrics()},
                    state, member.clock().WallMs(), page);
}

}  // namespace

void AddMemberMetrics(QuorumMember& member, MetricsPage& page) {
  AddRaftMetrics(member.raft().metrics(), member.election_timeout_max(), page);
  AddStorage(member, page);
  AddPeerMetrics(member.transport().Metrics(), member.transport().refusals(), page);
}

void AddQuorumStatus(const raft::QuorumStatus& quorum, MonoTime now, MetricsPage& page) {
  AddQuorumMetrics(quorum, now, page);
  AddOwnLogMetrics(quorum, page);
}

}  // namespace quorate::server
