#include "tests/sim/storm/core_storm.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/str_format.h"

namespace quorate::sim {

using raft::TestCluster;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kRounds = 10;
constexpr int kStepsOfARound = 1'500;
constexpr int kStormyStepsOfARound = 1'000;

// While voters change, the storm does not know which of them make a majority. Before the cluster is
// founded, it needs all of them.
int WipesOf(const TestCluster::Options& options) {
  return options.founded && options.observers == 0 ? (options.nodes - 1) / 2 : 0;
}

}  // namespace

CoreStorm::CoreStorm(uint64_t seed)
    : rng_(seed),
      cluster_(MakeOptions(seed)),
      has_observers_(MakeOptions(seed).observers > 0),
      wipes_left_(WipesOf(MakeOptions(seed))) {
  cluster_.SetObserver(
      {.steps = &invariants_,
       .on_durable = [this](const raft::ReplicaKey& key,
                            raft::WriteId id) { invariants_.OnDurable(key, id); },
       .on_delivered =
           [this](const raft::ReplicaKey& key, const std::vector<raft::EntryPtr>& entries) {
             invariants_.OnDelivered(key, entries);
           }});
  for (const NodeId id : cluster_.Ids()) cluster_.Start(id);
  cluster_.ConnectAll();
}

TestCluster::Options CoreStorm::MakeOptions(uint64_t seed) {
  Rng rng(seed);
  TestCluster::Options options{.nodes = seed % 4 == 0 ? 5 : 3, .seed = seed};
  options.founded = seed % 3 != 0;
  // A node that joins a cluster with changed voters needs a new configuration, which the storm does
  // not provide.
  options.observers = options.founded && seed % 2 == 0 ? 2 : 0;
  // Small limits cause disk reads, full windows and several messages for one gap.
  options.raft.cache_bytes = 1'000;
  options.raft.max_append_bytes = 300;
  options.raft.kept_entries = 3;
  options.raft.kept_bytes = 20'000;
  options.snapshot_piece_bytes = 2'000;
  options.raft.max_inflight_messages = 3;
  options.raft.max_inflight_bytes = 600;
  // These timeouts let candidates collide often.
  options.raft.heartbeat_interval = milliseconds(30);
  options.raft.election_timeout_min = milliseconds(100);
  options.raft.election_timeout_max = milliseconds(110 + rng.Below(100));
  options.raft.check_quorum_timeout = milliseconds(100 + rng.Below(200));
  options.raft.death_stagger = milliseconds(rng.Below(2) * 5);
  return options;
}

std::optional<std::string> CoreStorm::Run() {
  // Faults pause in each round, because without pauses nothing would be committed that could be
  // lost.
  for (int round = 0; round < kRounds; ++round) {
    for (int step = 0; step < kStepsOfARound; ++step) {
      if (step < kStormyStepsOfARound && Chance(25)) {
        Fault();
      } else {
        Work();
      }
      if (invariants_.broken()) return FindViolation();
    }
    Heal();
  }
  return CheckLiveness();
}

NodeId CoreStorm::RandomNode() {
  const std::vector<NodeId> ids = cluster_.Ids();
  return ids[rng_.Below(ids.size())];
}

void CoreStorm::Work() {
  ConfirmPauses();
  if (has_observers_ && Chance(10)) return ChangeVoters();
  if (!cluster_.wire().empty() && Chance(700)) {
    return cluster_.DeliverNear(rng_.Below(cluster_.wire().size()));
  }
  const NodeId id = RandomNode();
  const bool runs = cluster_.IsUp(id) && !cluster_.At(id).paused;
  if (Chance(400)) {
    if (cluster_.IsUp(id)) FinishWrites(id);
  } else if (Chance(30)) {
    if (runs && !cluster_.At(id).delivered.empty()) cluster_.SaveSnapshot(id);
  } else if (Chance(400)) {
    cluster_.Advance(microseconds(rng_.Below(20'000)));
  } else if (Chance(300)) {
    if (runs) cluster_.StartRead(id, milliseconds(300));
  } else if (runs && cluster_.At(id).claimed && !cluster_.At(id).paused_epoch) {
    Propose(id);
  }
}

void CoreStorm::FinishWrites(NodeId id) {
  const TestCluster::Node& node = cluster_.At(id);
  if (node.disk.unsynced() > 0) cluster_.SyncOne(id);
  if (!node.unwritten_chunks.empty()) cluster_.WriteChunk(id);
}

void CoreStorm::Propose(NodeId leader) {
  const raft::RaftCore& core = *cluster_.At(leader).core;
  raft::Proposal proposal = {.expected_epoch = core.epoch(),
                             .expected_base_offset = core.log().end_offset(),
                             .payload = absl::StrFormat("payload %d", ++proposed_)};
  if (Chance(50)) {
    // A proposal that was decided before leadership was lost and won again.
    proposal.expected_epoch = core.epoch() - 1;
  }
  cluster_.Step(leader, raft::event::Propose{{std::move(proposal)}});
}

void CoreStorm::ChangeVoters() {
  const std::optional<NodeId> leader = cluster_.FindLeader();
  if (!leader || cluster_.At(*leader).paused) return;
  const raft::RaftCore& core = *cluster_.At(*leader).core;
  const NodeId id = RandomNode();
  raft::VoterSet next = core.log().voters().Without(id);
  if (next.size() == core.log().voters().size()) {
    next = next.With(cluster_.VoterOf(id));
    const auto replicas = core.Describe(cluster_.now()).replicas;
    const bool caught_up =
        std::any_of(replicas.begin(), replicas.end(), [id](const raft::ReplicaStatus& replica) {
          return replica.key.node_id == id && replica.caught_up;
        });
    if (!caught_up) return;
  }
  // Changes more than one voter at once, which must be refused.
  if (Chance(200)) next = next.Without(RandomNode());
  ProposeVoters(*leader, id, next);
}

void CoreStorm::ProposeVoters(NodeId leader, NodeId node, const raft::VoterSet& next) {
  const raft::RaftCore& core = *cluster_.At(leader).core;
  if (!core.CheckVoterChange(next).ok()) return;
  invariants_.OnVoterRequested(cluster_.VoterOf(node).key);
  invariants_.OnVotersDecided(core.options().self, cluster_.now(), next);
  cluster_.ProposeVoters(leader, next);
}

void CoreStorm::ConfirmPauses() {
  for (const NodeId id : cluster_.Ids()) {
    const TestCluster::Node& node = cluster_.At(id);
    if (!node.paused_epoch || node.paused || !Chance(100)) continue;
    cluster_.Step(id, raft::event::PauseConfirmed{*node.paused_epoch});
  }
}

void CoreStorm::Fault() {
  const NodeId a = RandomNode();
  const NodeId b = RandomNode();
  switch (rng_.Below(12)) {
    case 0:
      if (!cluster_.IsUp(a)) return cluster_.Start(a);
      return Crash(a);
    case 1:
      if (a != b) cluster_.Disconnect(a, b);
      return;
    case 2:
    case 3:
      if (a != b && cluster_.IsUp(a) && cluster_.IsUp(b)) cluster_.Connect(a, b);
      return;
    case 4:
      if (!cluster_.wire().empty()) cluster_.DropNear(rng_.Below(cluster_.wire().size()));
      return;
    case 5:
      if (cluster_.At(a).paused) return cluster_.Resume(a);
      if (cluster_.IsUp(a)) cluster_.Pause(a);
      return;
    case 6:  // a false alarm
      if (a != b && cluster_.IsUp(a)) cluster_.NoticeDeath(a, b);
      return;
    case 7:
      cluster_.At(a).wall_shift_ms = static_cast<int64_t>(rng_.Below(2'000)) - 1'000;
      return;
    case 8:
      return CutOffLeader();
    case 9:
      return has_observers_ ? RemoveWhileItStands(a) : ReplaceDisk(a);
    default:
      if (const auto leader = cluster_.FindLeader()) cluster_.StartTransfer(*leader, std::nullopt);
  }
}

void CoreStorm::Crash(NodeId id) {
  cluster_.Crash(id);
  for (const NodeId other : cluster_.Ids()) {
    if (cluster_.IsUp(other) && Chance(800)) cluster_.NoticeDeath(other, id);
  }
}

void CoreStorm::Restart(NodeId id) {
  cluster_.Start(id);
  for (const NodeId other : cluster_.Ids()) {
    if (other != id && cluster_.IsUp(other)) cluster_.Connect(id, other);
  }
}

void CoreStorm::ReplaceDisk(NodeId id) {
  if (wipes_left_ == 0) return;
  --wipes_left_;
  const std::optional<NodeId> leader = cluster_.FindLeader();
  if (leader && leader != id && Chance(500)) cluster_.StartTransfer(*leader, id);
  if (cluster_.IsUp(id)) Crash(id);
  cluster_.WipeDisk(id);
  Restart(id);
}

void CoreStorm::RemoveWhileItStands(NodeId id) {
  cluster_.Settle();
  const std::optional<NodeId> leader = cluster_.FindLeader();
  if (!leader || leader == id || cluster_.At(*leader).paused) return;
  if (!cluster_.IsUp(id) || cluster_.At(id).paused) return;
  std::vector<NodeId> others = cluster_.Ids();
  std::erase_if(others, [&](NodeId other) { return other == id || other == *leader; });
  // It stands because it has not heard from the leader for a timeout. The others grant its pre-vote
  // for the same reason, and because they do not have the removal yet.
  cluster_.MeetDeadline(id);
  for (const NodeId other : others) cluster_.Deliver(id, other);
  // The others hear from the leader again, which commits the removal.
  ProposeVoters(*leader, id, cluster_.At(*leader).core->log().voters().Without(id));
  for (const NodeId other : others) cluster_.Deliver(*leader, other);
  cluster_.SyncAll();
  for (const NodeId other : others) cluster_.Deliver(other, *leader);
  cluster_.Step(*leader, raft::event::Shutdown{});
  cluster_.Deliver(*leader, id);
  for (const NodeId other : others) cluster_.Deliver(other, id);
  Crash(*leader);
  Restart(*leader);
}

void CoreStorm::CutOffLeader() {
  const std::optional<NodeId> leader = cluster_.FindLeader();
  if (!leader) return;
  for (const NodeId id : cluster_.Ids()) {
    if (id == *leader || !cluster_.IsUp(id)) continue;
    // Messages in flight either stay in flight or are lost with the streams.
    if (Chance(500)) cluster_.Disconnect(id, *leader);
    cluster_.NoticeDeath(id, *leader);
  }
}

void CoreStorm::Heal() {
  for (const NodeId id : cluster_.Ids()) {
    if (!cluster_.IsUp(id)) cluster_.Start(id);
    cluster_.Resume(id);
  }
  cluster_.ConnectAll();
}

std::optional<std::string> CoreStorm::FindViolation() const {
  if (!invariants_.broken()) return std::nullopt;
  std::ostringstream text;
  text << invariants_.violations().front();
  return text.str();
}

bool CoreStorm::IsStranded(NodeId id) const {
  const std::optional<NodeId> leader = cluster_.FindLeader();
  if (!leader) return false;
  const raft::VoterSet& voters = cluster_.At(*leader).core->log().voters();
  const raft::RaftCore& core = *cluster_.At(id).core;
  return std::none_of(voters.voters().begin(), voters.voters().end(), [&](const raft::Voter& v) {
    return v.key == core.options().self || core.log().HasNamed(v.key);
  });
}

std::optional<std::string> CoreStorm::CheckLiveness() {
  const auto stopped = [this] { return invariants_.broken(); };
  const auto claimed = [this] {
    const std::optional<NodeId> leader = cluster_.FindLeader();
    return leader && cluster_.At(*leader).claimed.has_value();
  };
  const auto everybody_has_it = [this] {
    for (const NodeId id : cluster_.Ids()) {
      if (IsStranded(id)) continue;
      const std::vector<raft::EntryPtr>& delivered = cluster_.At(id).delivered;
      const bool has_it =
          std::any_of(delivered.rbegin(), delivered.rend(),
                      [](const raft::EntryPtr& e) { return e->payload() == "the last one"; });
      if (!has_it) return false;
    }
    return true;
  };
  // A hand-over that began during the storm may interfere, and the entry may be lost.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (!cluster_.RunUntil([&] { return stopped() || claimed(); }, seconds(10))) {
      return "liveness: nobody leads after the faults ended";
    }
    if (stopped()) break;
    cluster_.Propose(*cluster_.FindLeader(), "the last one");
    if (cluster_.RunUntil([&] { return stopped() || everybody_has_it(); }, seconds(10))) break;
    if (attempt == 2) return "liveness: not everybody gets an entry after the faults ended";
  }
  return FindViolation();
}

}  // namespace quorate::sim
