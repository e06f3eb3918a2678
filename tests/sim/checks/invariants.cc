#include "tests/sim/checks/invariants.h"

#include <utility>

namespace quorate::sim {

void Invariants::OnEvent(const raft::RaftCore& core, MonoTime now, const raft::Event& event) {
  if (broken()) return;
  NodeFacts facts;
  if (std::holds_alternative<raft::event::Start>(event)) Observe(core, kNever, facts);
  BeforeStep(core.options(), now, facts, event);
}

void Invariants::OnStep(const raft::RaftCore& core, MonoTime now, const raft::StepResult& result) {
  if (broken()) return;
  NodeRecord& node = cluster_.Node(core.options().self);
  std::swap(node.before, node.now);
  Observe(core, result.next_deadline, node.now);
  Check(node, now, result.effects);
}

void Invariants::BeforeStep(const raft::RaftOptions& options, MonoTime now, const NodeFacts& facts,
                            const raft::Event& event) {
  NodeRecord& node = cluster_.Node(options.self);
  if (std::holds_alternative<raft::event::Start>(event)) {
    Start(node, options, facts);
  } else if (const auto* up = std::get_if<raft::event::StreamUp>(&event)) {
    node.answerers[{up->peer, up->stream}] = up->key;
  } else if (const auto* down = std::get_if<raft::event::StreamDown>(&event)) {
    node.answerers.erase({down->peer, down->stream});
  }
  elections_.OnEvent(node, now, event);
  messages_.OnEvent(node, event);
  limits_.OnEvent(node, now, event);
  reads_.OnEvent(node, event);
  strangers_.OnEvent(event);
  users_.OnEvent(node, event);
}

void Invariants::AfterStep(const raft::ReplicaKey& replica, MonoTime now, const NodeFacts& facts,
                           const std::vector<raft::Effect>& effects) {
  NodeRecord& node = cluster_.Node(replica);
  node.before = std::exchange(node.now, facts);
  Check(node, now, effects);
}

void Invariants::Start(NodeRecord& node, const raft::RaftOptions& options, const NodeFacts& facts) {
  node.key = options.self;
  node.options = options;
  ++node.process;
  node.answerers.clear();
  node.distrusted.clear();
  node.now = facts;
  cluster_.SetLatest(node.key);
  const auto wrong = node.disk.Open({.hard_state = facts.hard_state,
                                     .last_index = facts.last_index,
                                     .last = facts.last,
                                     .voters = *facts.voters});
  if (wrong) cluster_.Violated(2, node.id(), *wrong);
  elections_.OnDurable(node);
}

void Invariants::Check(NodeRecord& node, MonoTime now, const std::vector<raft::Effect>& effects) {
  if (!effects.empty()) {
    if (const auto* fatal = std::get_if<raft::effect::Fatal>(&effects.back())) {
      if (node.may_give_up) return;
      if (absl::IsUnavailable(fatal->status) && limits_.DiskHangs(node, now)) {
        return cluster_.CountDiskExit();
      }
      return cluster_.Violated(2, node.id(), "gives up: " + fatal->status.ToString());
    }
  }
  for (const raft::Effect& effect : effects) {
    if (const auto* distrust = std::get_if<raft::effect::Distrust>(&effect)) {
      node.distrusted.insert(distrust->who);
    }
    if (std::holds_alternative<raft::effect::ReadEntries>(effect) ||
        std::holds_alternative<raft::effect::ReadChunk>(effect)) {
      limits_.OnPeerRead(node, now);
    }
    const auto* persist = std::get_if<raft::effect::Persist>(&effect);
    if (persist == nullptr) continue;
    if (!logs_.OnWrite(node, persist->write)) return;
    limits_.OnWrite(node, now, persist->write);
    node.disk.Write(persist->write, now);
  }
  strangers_.OnStep(node, effects);
  elections_.OnStep(node, now, effects);
  logs_.OnStep(node);
  // The other checks use indexes of the core to read logs, so these indexes must be correct.
  if (broken()) return;
  messages_.OnStep(node, effects);
  limits_.OnStep(node, now);
  membership_.OnStep(node, now);
  reads_.OnStep(node, effects);
  users_.OnStep(node, effects);
}

void Invariants::OnDurable(const raft::ReplicaKey& replica, raft::WriteId id) {
  if (broken()) return;
  NodeRecord& node = cluster_.Node(replica);
  node.disk.Complete(id);
  elections_.OnDurable(node);
}

void Invariants::OnDelivered(const raft::ReplicaKey& replica,
                             const std::vector<raft::EntryPtr>& entries) {
  if (!broken()) users_.OnDelivered(cluster_.Node(replica), entries);
}

void Invariants::OnVotersDecided(const raft::ReplicaKey& leader, MonoTime now,
                                 const raft::VoterSet& next) {
  if (!broken()) membership_.OnDecided(cluster_.Node(leader), now, next);
}

}  // namespace quorate::sim
