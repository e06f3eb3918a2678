#include "raft/testing/test_cluster.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"

namespace quorate::raft {
namespace {

constexpr int64_t kFirstWallMs = 1'700'000'000'000;

std::string EndpointOf(NodeId id) { return "controller-" + ToString(id) + ":9093"; }

}  // namespace

TestCluster::TestCluster(Options options)
    : options_(std::move(options)), next_seed_(options_.seed * 1000) {
  for (int i = 1; i <= options_.nodes + options_.observers; ++i) {
    Node& node = nodes_[NodeId(i)];
    node.options = options_.raft;
    node.options.self = KeyOf(NodeId(i));
    node.options.peer_endpoint = EndpointOf(NodeId(i));
    node.options.observer = i > options_.nodes;
    node.snapshots = MemorySnapshots(options_.snapshot_piece_bytes);
    for (int j = 1; j <= options_.nodes; ++j) node.options.configured_voters.push_back(NodeId(j));
  }
  if (options_.founded) {
    for (auto& [id, node] : nodes_) {
      if (node.options.observer) continue;
      node.disk.Write({.id = 1, .founding_voters = Voters()});
      node.disk.SyncOne();
    }
  }
}

std::vector<NodeId> TestCluster::Ids() const {
  std::vector<NodeId> ids;
  for (const auto& [id, node] : nodes_) ids.push_back(id);
  return ids;
}

ReplicaKey TestCluster::KeyOf(NodeId id, int incarnation) {
  const auto letter = static_cast<char>('a' + id.value() + 10 * incarnation);
  return {.node_id = id, .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, letter))};
}

VoterSet TestCluster::Voters() const {
  std::vector<Voter> voters;
  for (int i = 1; i <= options_.nodes; ++i) voters.push_back(VoterOf(NodeId(i)));
  return VoterSet(std::move(voters));
}

Voter TestCluster::VoterOf(NodeId id) const {
  return {.key = At(id).options.self, .peer_endpoint = At(id).options.peer_endpoint};
}

std::optional<NodeId> TestCluster::FindLeader() const {
  std::optional<NodeId> leader;
  for (const auto& [id, node] : nodes_) {
    if (!node.core || !std::holds_alternative<Leader>(node.core->role())) continue;
    if (!leader || node.core->epoch() > At(*leader).core->epoch()) leader = id;
  }
  return leader;
}

void TestCluster::Start(NodeId id) {
  Node& node = At(id);
  CHECK(!node.core) << id << " is up";
  RestoredLog restored = node.disk.Restore();
  restored.snapshot = node.snapshots.Newest();
  node.core = std::make_unique<RaftCore>(node.options, restored, next_seed_++);
  Step(id, event::Start{});
}

void TestCluster::Crash(NodeId id) {
  Node& node = At(id);
  CHECK(node.core) << id << " is down";
  node.core.reset();
  node.disk.Crash();
  node.unwritten_chunks.clear();
  node.paused = false;
  node.held.clear();
  node.deadline = kNever;
  node.delivered.clear();
  node.claimed.reset();
  node.paused_epoch.reset();
  for (const auto& [peer, other] : nodes_) {
    if (peer != id) Disconnect(id, peer);
  }
}

void TestCluster::NoticeDeath(NodeId survivor, NodeId dead) {
  Step(survivor, event::PeerDead{.peer = dead});
}

void TestCluster::Resume(NodeId id) {
  Node& node = At(id);
  node.paused = false;
  for (Event& event : std::exchange(node.held, {})) Step(id, std::move(event));
}

void TestCluster::WipeDisk(NodeId id, bool as_voter) {
  Node& node = At(id);
  CHECK(!node.core) << id << " is up";
  node.disk = MemoryDisk();
  node.options.observer = !as_voter;
  node.snapshots = MemorySnapshots(options_.snapshot_piece_bytes);
  node.options.self = KeyOf(id, ++incarnations_[id]);
  node.fatal.reset();
}

PeerHello TestCluster::HelloOf(NodeId id) const {
  const Node& node = At(id);
  effect::Announce announced = node.core->Announcement();
  return {.key = node.options.self,
          .peer_endpoint = node.options.peer_endpoint,
          .configured_voters = node.options.configured_voters,
          .observer = node.options.observer,
          .has_log = announced.has_log,
          .voter_set = std::move(announced.voter_set),
          .max_metadata_version = node.options.max_metadata_version};
}

void TestCluster::Connect(NodeId a, NodeId b) {
  if (AreConnected(a, b)) return;
  const PeerHello hello_a = HelloOf(a);
  const PeerHello hello_b = HelloOf(b);
  for (const StreamClass stream_class : kStreamClasses) {
    streams_[next_stream_++] = {.owner = a, .peer = b, .stream_class = stream_class};
    streams_[next_stream_++] = {.owner = b, .peer = a, .stream_class = stream_class};
  }
  Step(a, event::Hello{hello_b});
  Step(b, event::Hello{hello_a});
  for (const StreamClass stream_class : kStreamClasses) {
    Step(a, event::StreamUp{.peer = b, .stream = stream_class, .key = hello_b.key});
    Step(b, event::StreamUp{.peer = a, .stream = stream_class, .key = hello_a.key});
  }
}

void TestCluster::Disconnect(NodeId a, NodeId b) {
  for (auto it = streams_.begin(); it != streams_.end();) {
    const auto [id, stream] = *it;
    if (std::minmax(stream.owner, stream.peer) != std::minmax(a, b)) {
      ++it;
      continue;
    }
    std::erase_if(wire_, [id = id](const Envelope& envelope) { return envelope.stream == id; });
    it = streams_.erase(it);
    if (IsUp(stream.owner)) {
      Step(stream.owner, event::StreamDown{.peer = stream.peer, .stream = stream.stream_class});
    }
  }
}

bool TestCluster::AreConnected(NodeId a, NodeId b) const {
  return FindStream(a, b, StreamClass::kControl).has_value();
}

void TestCluster::ConnectAll() {
  for (const auto& [a, node_a] : nodes_) {
    for (const auto& [b, node_b] : nodes_) {
      if (a < b && node_a.core && node_b.core) Connect(a, b);
    }
  }
}

std::optional<SessionId> TestCluster::FindStream(NodeId owner, NodeId peer,
                                                 StreamClass stream_class) const {
  for (const auto& [id, stream] : streams_) {
    if (stream.owner == owner && stream.peer == peer && stream.stream_class == stream_class) {
      return id;
    }
  }
  return std::nullopt;
}

void TestCluster::Step(NodeId id, Event event) {
  events_.emplace_back(id, std::move(event));
  if (std::exchange(stepping_, true)) return;
  while (!events_.empty()) {
    auto [target, next] = std::move(events_.front());
    events_.pop_front();
    Node& node = At(target);
    if (!node.core) continue;
    if (node.paused) {
      node.held.push_back(std::move(next));
      continue;
    }
    if (observer_.steps) observer_.steps->OnEvent(*node.core, now_, next);
    StepResult result = node.core->Step(
        now_, kFirstWallMs + ToMs(now_.time_since_epoch()) + node.wall_shift_ms, std::move(next));
    if (observer_.steps) observer_.steps->OnStep(*node.core, now_, result);
    node.deadline = result.next_deadline;
    for (Effect& effect : result.effects) Execute(target, std::move(effect));
  }
  stepping_ = false;
}

void TestCluster::Execute(NodeId id, Effect effect) {
  if (observer_.on_effect) observer_.on_effect(id, effect);
  Node& node = At(id);
  std::visit(
      Overloaded{
          [&](effect::Persist& e) { node.disk.Write(std::move(e.write)); },
          [&](const effect::ReadEntries& e) {
            Step(id, event::EntriesRead{.peer = e.peer,
                                        .epoch = e.epoch,
                                        .from = e.from,
                                        .entries = node.disk.Read(e.from, e.to, e.max_bytes)});
          },
          [&](const effect::ReadChunk& e) {
            node.snapshots.Read(e.id, e.position, [&](auto piece) {
              Step(id, event::ChunkRead{.peer = e.peer,
                                        .epoch = e.epoch,
                                        .id = e.id,
                                        .position = e.position,
                                        .piece = std::move(piece)});
            });
          },
          [&](effect::ReceiveChunk& e) { node.unwritten_chunks.push_back(std::move(e)); },
          [&](effect::Send& e) {
            const std::optional<SessionId> stream = FindStream(id, e.to, StreamOf(e.message));
            if (stream) wire_.push_back({id, e.to, *stream, false, std::move(e.message)});
          },
          [&](effect::Reply& e) {
            const auto stream = streams_.find(e.session);
            if (stream == streams_.end()) return;
            wire_.push_back({id, stream->second.owner, e.session, true, std::move(e.message)});
          },
          [&](const effect::SayGoodbye& e) {
            for (const auto& [peer, other] : nodes_) {
              if (peer == id || !other.core || !AreConnected(id, peer)) continue;
              Step(peer, event::PeerGoodbye{
                             .peer = At(id).options.self, .reason = e.reason, .epoch = e.epoch});
            }
          },
          [&](const effect::Announce&) {},
          [&](const effect::Distrust&) {},
          [&](const effect::LoadSnapshot&) {
            node.delivered = node.snapshots.Load();
            ++node.snapshots_loaded;
          },
          [&](const effect::Commit& e) {
            while (node.delivered.size() < static_cast<size_t>(e.index.value())) {
              const LogIndex next(static_cast<int64_t>(node.delivered.size()) + 1);
              const LogView& log = node.core->log();
              std::vector<EntryPtr> entries = log.Slice(next, e.index, SIZE_MAX);
              if (entries.empty()) {
                const LogIndex on_disk = std::min(e.index, log.cache_first() - 1);
                entries = *node.disk.Read(next, on_disk, SIZE_MAX);
              }
              if (observer_.on_delivered) observer_.on_delivered(node.options.self, entries);
              node.delivered.insert(node.delivered.end(), entries.begin(), entries.end());
            }
          },
          [&](const effect::LeaderChange&) {},
          [&](const effect::Claim& e) { node.claimed = e.epoch; },
          [&](const effect::Renounce&) {
            node.claimed.reset();
            node.paused_epoch.reset();
          },
          [&](const effect::Pause& e) { node.paused_epoch = e.epoch; },
          [&](const effect::Resume&) { node.paused_epoch.reset(); },
          [&](const effect::ReadReady& e) { node.reads_ready[e.token] = e.index; },
          [&](const effect::ReadFailed& e) { node.reads_failed.insert(e.token); },
          [&](const effect::TransferDone& e) { node.transfers[e.token] = e.status; },
          [&](const effect::Fatal& e) { node.fatal = e.status; }},
      effect);
}

std::optional<NodeId> TestCluster::AskerOf(SessionId session) const {
  const auto it = streams_.find(session);
  return it == streams_.end() ? std::nullopt : std::optional(it->second.owner);
}

size_t TestCluster::FirstOfItsStream(size_t position) const {
  const Envelope& wanted = wire_.at(position);
  for (size_t i = 0; i < position; ++i) {
    if (wire_[i].stream == wanted.stream && wire_[i].is_answer == wanted.is_answer) return i;
  }
  return position;
}

void TestCluster::DeliverNear(size_t position) {
  const size_t first = FirstOfItsStream(position);
  if (At(wire_[first].to).paused) return;
  const Envelope envelope = std::move(wire_[first]);
  wire_.erase(wire_.begin() + static_cast<std::ptrdiff_t>(first));
  Deliver(envelope);
}

void TestCluster::DropNear(size_t position) {
  wire_.erase(wire_.begin() + static_cast<std::ptrdiff_t>(FirstOfItsStream(position)));
}

void TestCluster::Deliver(const Envelope& envelope) {
  Step(envelope.to, event::Receive{.from = At(envelope.from).options.self,
                                   .session = envelope.is_answer ? 0 : envelope.stream,
                                   .message = envelope.message});
}

int TestCluster::Deliver(NodeId from, NodeId to) {
  std::deque<Envelope> now;
  std::deque<Envelope> later;
  for (Envelope& envelope : wire_) {
    (envelope.from == from && envelope.to == to ? now : later).push_back(std::move(envelope));
  }
  wire_ = std::move(later);
  for (const Envelope& envelope : now) Deliver(envelope);
  return static_cast<int>(now.size());
}

void TestCluster::SyncOne(NodeId id) {
  const WriteId write = At(id).disk.SyncOne();
  if (observer_.on_durable) observer_.on_durable(At(id).options.self, write);
  Step(id, event::Persisted{.id = write});
}

void TestCluster::WriteChunk(NodeId id) {
  Node& node = At(id);
  CHECK(!node.unwritten_chunks.empty());
  effect::ReceiveChunk receive = std::move(node.unwritten_chunks.front());
  node.unwritten_chunks.pop_front();
  InstallSnapshot& chunk = receive.chunk;
  node.snapshots.Receive(chunk.id, chunk.position, std::move(chunk.bytes), [&](auto received) {
    Step(id, event::ChunkReceived{.session = receive.session,
                                  .sequence = chunk.sequence,
                                  .id = chunk.id,
                                  .received = std::move(received)});
  });
}

void TestCluster::SaveSnapshot(NodeId id) {
  Node& node = At(id);
  Step(id, event::SnapshotSaved{node.snapshots.Save(node.delivered)});
}

void TestCluster::SyncAll() {
  for (const auto& [id, node] : nodes_) {
    if (node.core && !node.paused && !node.unwritten_chunks.empty()) WriteChunk(id);
    for (size_t writes = node.core && !node.paused ? node.disk.unsynced() : 0; writes > 0; --writes)
      SyncOne(id);
  }
}

void TestCluster::Advance(Duration d) { AdvanceFor(d, std::nullopt); }

void TestCluster::AdvanceFor(Duration d, std::optional<NodeId> only) {
  const MonoTime end = now_ + d;
  while (true) {
    std::optional<NodeId> first;
    for (const auto& [id, node] : nodes_) {
      if (!node.core || node.paused || node.deadline > end) continue;
      if (only && id != *only) continue;
      if (!first || node.deadline < At(*first).deadline) first = id;
    }
    if (!first) break;
    now_ = std::max(now_, At(*first).deadline);
    Step(*first, event::Wake{});
  }
  now_ = end;
}

void TestCluster::Settle() {
  for (int round = 0; round < 10'000; ++round) {
    SyncAll();
    const auto next = std::find_if(wire_.begin(), wire_.end(),
                                   [this](const Envelope& e) { return !At(e.to).paused; });
    if (next == wire_.end()) return;
    DeliverNear(static_cast<size_t>(next - wire_.begin()));
  }
  LOG(FATAL) << "messages beget messages";
}

bool TestCluster::RunUntil(const std::function<bool()>& done, Duration limit, Duration step) {
  const MonoTime end = now_ + limit;
  while (true) {
    Settle();
    if (done()) return true;
    if (now_ >= end) return false;
    Advance(step);
  }
}

void TestCluster::MeetDeadline(NodeId id) { AdvanceFor(At(id).deadline - now_, id); }

void TestCluster::Elect(NodeId id) {
  MeetDeadline(id);
  Settle();
  CHECK(std::holds_alternative<Leader>(At(id).core->role())) << id << " was not elected";
}

void TestCluster::Propose(NodeId id, const std::string& payload) {
  Propose(id, EntryType::kRecords, payload);
}

void TestCluster::ProposeVoters(NodeId id, const VoterSet& voters) {
  Propose(id, EntryType::kVoters, voters.Encode());
}

void TestCluster::Propose(NodeId id, EntryType type, const std::string& payload) {
  const RaftCore& core = *At(id).core;
  Step(id, event::Propose{{Proposal{.expected_epoch = core.epoch(),
                                    .expected_base_offset = core.log().end_offset(),
                                    .type = type,
                                    .payload = payload}}});
}

Token TestCluster::StartRead(NodeId id, Duration timeout) {
  Step(id, event::StartRead{.token = next_token_, .deadline = now_ + timeout});
  return next_token_++;
}

Token TestCluster::StartTransfer(NodeId id, std::optional<NodeId> target) {
  Step(id, event::StartTransfer{.token = next_token_, .target = target});
  return next_token_++;
}

}  // namespace quorate::raft
