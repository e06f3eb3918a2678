#include "tests/sim/swarm.h"

namespace quorate::sim {
namespace {

using std::chrono::milliseconds;

bool OneIn(Rng& rng, uint64_t n) { return rng.Below(n) == 0; }

int DrawVoters(Rng& rng) {
  const uint64_t draw = rng.Below(10);
  return draw < 7 ? 3 : draw < 9 ? 5 : 7;
}

int DrawObservers(Rng& rng) { return OneIn(rng, 3) ? 1 + static_cast<int>(rng.Below(2)) : 0; }

void DrawNetwork(Rng& rng, NetworkOptions& network) {
  if (OneIn(rng, 2)) network.lost_ppm = rng.Below(20'000);
  if (OneIn(rng, 2)) network.duplicated_ppm = rng.Below(20'000);
  if (OneIn(rng, 2)) network.reordered_ppm = rng.Below(20'000);
  network.delay_max = RandomBetween(rng, network.delay_min, milliseconds(OneIn(rng, 4) ? 40 : 2));
  network.stale_max = RandomBetween(rng, milliseconds(1), milliseconds(3000));
}

void DrawRaft(Rng& rng, raft::RaftOptions& raft) {
  // Small limits cause disk reads, full windows and several messages for one gap.
  if (OneIn(rng, 2)) raft.cache_bytes = 200 + rng.Below(2'000);
  if (OneIn(rng, 2)) raft.max_append_bytes = 100 + rng.Below(1'000);
  if (OneIn(rng, 2)) {
    raft.max_inflight_messages = 1 + rng.Below(5);
    raft.max_inflight_bytes = 200 + rng.Below(2'000);
  }
  if (OneIn(rng, 4)) raft.max_uncommitted_bytes = 500 + rng.Below(2'000);
  // These timeouts let candidates collide often.
  if (OneIn(rng, 4)) {
    raft.election_timeout_max = raft.election_timeout_min + milliseconds(10);
    raft.death_stagger = Duration(0);
  }
}

void DrawSnapshots(Rng& rng, Swarm& swarm) {
  swarm.snapshot_every = uint64_t{2} << rng.Below(5);
  // The log keeps so few entries that a peer that was away needs a snapshot.
  swarm.raft.kept_entries = static_cast<int64_t>(rng.Below(8));
  if (!OneIn(rng, 3)) swarm.raft.kept_bytes = 200 + rng.Below(2'000);
}

// Returns in which fraction of the seeds a kind is enabled: one of this many.
uint64_t RarityOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kChangeVoters:
      return 3;
    case FaultKind::kWipeDisk:
      return 4;
    // These lose a machine for the rest of the run, which reduces the effect of other faults.
    case FaultKind::kFlipBit:
    case FaultKind::kMisdirectWrite:
    case FaultKind::kDamageSnapshot:
      return 6;
    default:
      return 2;
  }
}

void DrawFaults(Rng& rng, Swarm& swarm) {
  for (int i = 0; i < kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    if (OneIn(rng, RarityOf(kind))) swarm.faults.push_back(kind);
  }
  // In most seeds the cluster is founded first, because it can do little before.
  if (!OneIn(rng, 4)) swarm.calm = milliseconds(500);
  swarm.fault_pause = milliseconds(50 << rng.Below(7));
  swarm.fault_max = milliseconds(100 << rng.Below(7));
  swarm.restart_max = milliseconds(10 << rng.Below(9));
  if (OneIn(rng, 2)) swarm.crash_ppm = rng.Below(3'000);
  if (OneIn(rng, 2)) swarm.drift_ppm = OneIn(rng, 2) ? 500 : 100'000;
}

}  // namespace

Duration RandomBetween(Rng& rng, Duration min, Duration max) {
  return min + Duration(rng.Below(static_cast<uint64_t>((max - min).count()) + 1));
}

Swarm Swarm::Draw(Rng& rng, std::optional<int> voters, std::optional<int> observers) {
  Swarm swarm;
  const int drawn_voters = DrawVoters(rng);
  swarm.voters = voters.value_or(drawn_voters);
  const int drawn_observers = DrawObservers(rng);
  swarm.observers = observers.value_or(drawn_observers);
  DrawNetwork(rng, swarm.network);
  DrawRaft(rng, swarm.raft);
  DrawFaults(rng, swarm);
  if (!OneIn(rng, 3)) DrawSnapshots(rng, swarm);
  if (OneIn(rng, 4)) swarm.write_max = milliseconds(1 + rng.Below(100));
  if (OneIn(rng, 4)) swarm.value_bytes = 32 + rng.Below(500);
  // Uses a copy of the generator, so that these draws do not change the others of a seed.
  Rng own = rng;
  if (OneIn(own, 3)) swarm.raft.commit_linger = milliseconds(1 + own.Below(5));
  swarm.raft.disk_exit_timeout =
      OneIn(own, 2) ? RandomBetween(own, milliseconds(100), milliseconds(3000)) : Duration::max();
  if (OneIn(own, 3)) {
    swarm.strangers = 1 + static_cast<int>(own.Below(3));
    swarm.stranger_pause = milliseconds(4 << own.Below(6));
    swarm.stranger_seed = own.Next();
  }
  // Fewer requests: a leader that has lost its peers can answer a request that changes nothing only
  // while none of its appended entries is pending.
  if (OneIn(own, 3)) swarm.client_pause *= 10;
  if (OneIn(own, 4)) swarm.broker_seed = own.Next();
  if (OneIn(own, 2)) swarm.leader_balance_interval = milliseconds(100 << own.Below(4));
  return swarm;
}

std::vector<NodeId> Swarm::NodeIds(int last) {
  std::vector<NodeId> ids;
  for (int id = 1; id <= last; ++id) ids.emplace_back(id);
  return ids;
}

}  // namespace quorate::sim
