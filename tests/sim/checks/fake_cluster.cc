#include "tests/sim/checks/fake_cluster.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::sim {

using raft::AppendRequest;
using raft::AppendResponse;
using raft::EntryPtr;
using raft::EntryType;
using raft::LogWrite;
using raft::VoteRequest;
using raft::VoteResponse;

FakeCluster::FakeCluster() {
  for (int id = 1; id <= 3; ++id) StartEmpty(KeyOf(id));
  for (int id = 1; id <= 3; ++id) Reconnect(id);
}

raft::ReplicaKey FakeCluster::KeyOf(int node, char incarnation) {
  std::string bytes(Uuid::kBytes, incarnation);
  bytes.back() = static_cast<char>(node);
  return {.node_id = NodeId(node), .directory_id = *Uuid::FromBytes(bytes)};
}

const raft::VoterSet& FakeCluster::Voters() {
  static const auto* const voters =
      new raft::VoterSet({{.key = KeyOf(1)}, {.key = KeyOf(2)}, {.key = KeyOf(3)}});
  return *voters;
}

void FakeCluster::StartEmpty(const raft::ReplicaKey& key) {
  const int id = key.node_id.value();
  Node& node = nodes_[id];
  node = {};
  node.options.self = key;
  node.facts.voters = &Voters();
  node.facts.deadline = now_ + std::chrono::seconds(1);
  Start(id);
}

void FakeCluster::Start(int node) {
  At(node).writes = 0;
  At(node).first_counted = At(node).log.size();
  invariants_.BeforeStep(At(node).options, now_, Facts(node), raft::event::Start{});
  if (invariants_.broken()) return;
  invariants_.AfterStep(At(node).options.self, now_, Facts(node), {});
}

void FakeCluster::Reconnect(int node) {
  for (const auto& [other, state] : nodes_) {
    if (other == node) continue;
    Connect(node, other);
    Disconnect(other, node);
    Connect(other, node);
  }
}

void FakeCluster::Connect(int node, int to) {
  for (const raft::StreamClass stream : raft::kStreamClasses) {
    Step(node,
         raft::event::StreamUp{.peer = NodeId(to), .stream = stream, .key = At(to).options.self});
  }
}

void FakeCluster::Disconnect(int node, int to) {
  for (const raft::StreamClass stream : raft::kStreamClasses) {
    Step(node, raft::event::StreamDown{.peer = NodeId(to), .stream = stream});
  }
}

void FakeCluster::Step(int node, const raft::Event& event) {
  const std::vector<raft::Effect> effects = std::exchange(At(node).effects, {});
  if (invariants_.broken()) return;
  invariants_.BeforeStep(At(node).options, now_, Facts(node), event);
  if (invariants_.broken()) return;
  invariants_.AfterStep(At(node).options.self, now_, Facts(node), effects);
}

void FakeCluster::Receive(int node, int from, raft::Message message) {
  Step(node, raft::event::Receive{
                 .from = KeyOf(from), .session = SessionOf(from), .message = std::move(message)});
}

void FakeCluster::Send(int node, int to, raft::Message message) {
  Emit(node, raft::effect::Send{.to = NodeId(to), .message = std::move(message)});
}

void FakeCluster::Reply(int node, int to, raft::Message message) {
  Emit(node, raft::effect::Reply{.session = SessionOf(to), .message = std::move(message)});
}

EntryPtr FakeCluster::MakeEntry(int node, int32_t epoch, const std::string& payload,
                                EntryType type) {
  const std::vector<EntryPtr>& log = At(node).log;
  return raft::Entry::Make({.type = type,
                            .epoch = Epoch(epoch),
                            .index = LogIndex(static_cast<int64_t>(log.size()) + 1),
                            .base_offset = log.empty() ? RecordOffset() : log.back()->end_offset(),
                            .append_time_ms = 1,
                            .prev_checksum = log.empty() ? 0 : log.back()->checksum()},
                           payload);
}

void FakeCluster::Write(int id, LogWrite write) {
  Node& node = At(id);
  NodeFacts& facts = node.facts;
  write.id = ++node.writes;
  if (write.hard_state) facts.hard_state = *write.hard_state;
  if (write.truncate_after) {
    node.log.resize(static_cast<size_t>(write.truncate_after->value()));
    node.first_counted = std::min(node.first_counted, node.log.size());
    facts.durable_index = std::min(facts.durable_index, *write.truncate_after);
  }
  node.log.insert(node.log.end(), write.entries.begin(), write.entries.end());
  facts.last_index = LogIndex(static_cast<int64_t>(node.log.size()));
  facts.last = node.log.empty() ? EntryMark{} : EntryMark::Of(*node.log.back());
  for (const EntryPtr& entry : write.entries) {
    if (entry->header().type != EntryType::kVoters) continue;
    node.voter_sets.push_back(raft::VoterSet::Parse(entry->payload()).value());
    facts.voters = &node.voter_sets.back();
    facts.voters_index = entry->index();
  }
  CountUncommitted(node);
  Emit(id, raft::effect::Persist{std::move(write)});
}

void FakeCluster::CountUncommitted(Node& node) {
  node.facts.uncommitted_bytes = 0;
  for (size_t i = node.first_counted; i < node.log.size(); ++i) {
    const raft::Entry& entry = *node.log[i];
    if (entry.index() > node.facts.commit_index) {
      node.facts.uncommitted_bytes += entry.encoded().size();
    }
  }
}

void FakeCluster::WriteHardState(int node, int32_t epoch, std::optional<int> vote) {
  Write(node,
        {.hard_state = raft::HardState{.epoch = Epoch(epoch),
                                       .vote = vote ? std::optional(KeyOf(*vote)) : std::nullopt}});
}

void FakeCluster::Sync(int node) {
  invariants_.OnDurable(At(node).options.self, At(node).writes);
  Facts(node).durable_index = Facts(node).last_index;
}

void FakeCluster::Elect(int node, int voter, int32_t epoch) {
  const VoteRequest request = {.epoch = Epoch(epoch),
                               .candidate = KeyOf(node),
                               .last_epoch = Facts(node).last.epoch,
                               .last_index = Facts(node).last_index};
  NodeFacts& facts = Facts(node);
  facts.role = RoleKind::kCandidate;
  facts.leader_of_epoch.reset();
  WriteHardState(node, epoch, node);
  Send(node, voter, request);
  Receive(node, voter,
          VoteResponse{.requested_epoch = Epoch(epoch), .granted = true, .pre_vote = true});
  Sync(node);

  WriteHardState(voter, epoch, node);
  Facts(voter).role = RoleKind::kFollower;
  Facts(voter).leader_of_epoch.reset();
  Receive(voter, node, request);
  Sync(voter);
  const VoteResponse granted = {
      .epoch = Epoch(epoch), .requested_epoch = Epoch(epoch), .granted = true};
  Reply(voter, node, granted);
  Step(voter, raft::event::Persisted{});

  facts.role = RoleKind::kLeader;
  facts.leader_of_epoch = NodeId(node);
  facts.peers.clear();
  for (const raft::Voter& other : Voters().voters()) {
    if (other.key.node_id == NodeId(node)) continue;
    facts.peers.push_back({.key = other.key, .next_index = facts.last_index + 1, .live_at = now_});
  }
  Write(node, {.entries = {MakeEntry(node, epoch, "", EntryType::kBarrier)}});
  facts.barrier = facts.last_index;
  Receive(node, voter, granted);
}

void FakeCluster::Append(int leader, const std::string& payload) {
  const Epoch epoch = Facts(leader).epoch();
  Write(leader, {.entries = {MakeEntry(leader, epoch.value(), payload)}});
  Step(leader, raft::event::Propose{{raft::Proposal{.expected_epoch = epoch, .payload = payload}}});
}

void FakeCluster::ChangeVoters(int leader, const raft::VoterSet& voters) {
  const Epoch epoch = Facts(leader).epoch();
  const std::string payload = voters.Encode();
  Write(leader, {.entries = {MakeEntry(leader, epoch.value(), payload, EntryType::kVoters)}});
  Step(leader, raft::event::Propose{{raft::Proposal{.expected_epoch = epoch, .payload = payload}}});
}

void FakeCluster::Replicate(int leader, int follower) {
  const std::vector<EntryPtr>& log = At(leader).log;
  NodeFacts& facts = Facts(follower);
  const auto has = static_cast<std::ptrdiff_t>(At(follower).log.size());
  facts.role = RoleKind::kFollower;
  facts.leader_of_epoch = NodeId(leader);
  const Epoch epoch = Facts(leader).epoch();
  if (facts.epoch() < epoch) WriteHardState(follower, epoch.value(), std::nullopt);
  Write(follower, {.entries = {log.begin() + has, log.end()}});
  Receive(follower, leader, AppendRequest{.epoch = epoch, .prev_index = facts.last_index});
  Sync(follower);
  Reply(follower, leader,
        AppendResponse{.epoch = epoch, .success = true, .match_index = facts.last_index});
  Step(follower, raft::event::Persisted{});
}

void FakeCluster::Commit(int node, int64_t index) {
  Facts(node).commit_index = LogIndex(index);
  CountUncommitted(At(node));
  const int other = node == 1 ? 2 : 1;
  Receive(node, other, raft::Heartbeat{.commit_index = LogIndex(index)});
}

void FakeCluster::MakeHistory() {
  Elect(1, 2, 1);
  Append(1, "a");
  Sync(1);
  Replicate(1, 2);
  Replicate(1, 3);
  Commit(1, 2);
  Append(1, "b");
  Sync(1);
  Replicate(1, 2);
  Commit(1, 3);
  Commit(2, 3);
  Commit(3, 2);
  CHECK_EQ(Violated(), "");
}

void FakeCluster::ReplaceLeader() {
  Restart(1);
  Elect(2, 3, 2);
  CHECK_EQ(Violated(), "");
}

void FakeCluster::Restart(int node) {
  NodeFacts& facts = Facts(node);
  facts.role = RoleKind::kFollower;
  facts.leader_of_epoch.reset();
  facts.peers.clear();
  facts.commit_index = LogIndex(0);
  facts.uncommitted_bytes = 0;
  Start(node);
  Reconnect(node);
}

std::string FakeCluster::Violated() const {
  if (!invariants_.broken()) return "";
  const Violation& first = invariants_.violations().front();
  return std::to_string(first.invariant) + ": " + first.what;
}

}  // namespace quorate::sim
