#include "tests/sim/checks/message_checks.h"

#include <algorithm>
#include <string>

#include "raft/api/message.h"

namespace quorate::sim {
namespace {

// A node may take part once its voter set is durable. An observer needs none.
bool MayTakePart(const NodeRecord& node) {
  return node.options.observer || !node.disk.durable().voters().empty();
}

}  // namespace

void MessageChecks::OnEvent(const NodeRecord& node, const raft::Event& event) {
  Process& process = processes_[node.key];
  if (std::holds_alternative<raft::event::Start>(event)) process = {};
  process.proven = LogIndex(0);
  if (const auto* receive = std::get_if<raft::event::Receive>(&event)) {
    if (receive->session != 0) process.askers[receive->session] = receive->from.node_id;
    if (const auto* append = std::get_if<raft::AppendRequest>(&receive->message)) {
      process.proven = append->prev_index + static_cast<int64_t>(append->entries.size());
      process.sent[{receive->session, append->sequence}] = process.proven;
    } else if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&receive->message)) {
      process.proven = heartbeat->commit_index;
    } else if (const auto* chunk = std::get_if<raft::InstallSnapshot>(&receive->message)) {
      process.sent[{receive->session, chunk->sequence}] = chunk->last_index;
    }
  } else if (const auto* chunk = std::get_if<raft::event::ChunkReceived>(&event)) {
    // Everything in a snapshot is committed.
    if (chunk->received.ok() && chunk->received->complete) {
      process.proven = chunk->received->complete->last_index;
    }
  } else if (const auto* paused = std::get_if<raft::event::PauseConfirmed>(&event)) {
    process.paused = paused->epoch;
  }
}

void MessageChecks::OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects) {
  for (const raft::Effect& effect : effects) {
    if (const auto* send = std::get_if<raft::effect::Send>(&effect)) {
      CheckSend(node, send->to, send->message);
    } else if (const auto* reply = std::get_if<raft::effect::Reply>(&effect)) {
      CheckReply(node, *reply);
    } else if (std::holds_alternative<raft::effect::Pause>(effect)) {
      processes_[node.key].paused.reset();
    } else if (const auto* load = std::get_if<raft::effect::LoadSnapshot>(&effect)) {
      // This covers the snapshot that a starting node finds on its disk.
      LogIndex& proven = processes_[node.key].proven;
      proven = std::max(proven, load->meta.last_index);
    }
  }
  if (!node.before.leads() && node.now.commit_index > node.before.commit_index &&
      node.now.commit_index > processes_[node.key].proven) {
    cluster_.Violated(5, node.id(), "commits more than the leader's message proves");
  }
}

void MessageChecks::CheckReply(const NodeRecord& node, const raft::effect::Reply& reply) {
  const raft::Message& message = reply.message;
  const NodeId asker = processes_[node.key].askers[reply.session];
  if (!MayTakePart(node)) {
    Violated(6, node, "takes part before its voter set is durable", message);
  }
  if (const auto* append = std::get_if<raft::AppendResponse>(&message)) {
    if (append->success) Check(node, reply.session, *append);
  } else if (const auto* chunk = std::get_if<raft::InstallSnapshotResponse>(&message)) {
    if (chunk->state == raft::InstallSnapshotResponse::State::kInstalled) {
      Check(node, reply.session, *chunk);
    }
  } else if (const auto* vote = std::get_if<raft::VoteResponse>(&message)) {
    if (vote->granted && !vote->pre_vote) Check(node, asker, *vote);
  } else if (const auto* beat = std::get_if<raft::HeartbeatResponse>(&message)) {
    Check(node, asker, *beat);
  }
}

void MessageChecks::Check(const NodeRecord& node, raft::SessionId session,
                          const raft::AppendResponse& response) {
  // Later entries of this log may be from another leader.
  const auto sent = processes_[node.key].sent.find({session, response.sequence});
  if (sent == processes_[node.key].sent.end() || sent->second != response.match_index) {
    return Violated(6, node, "acknowledges another end than that of what was sent", response);
  }
  const DiskState& durable = node.disk.durable();
  if (durable.hard_state.epoch != response.epoch ||
      durable.log.last_index() < response.match_index) {
    return Violated(6, node, "acknowledges what is not on its disk", response);
  }
  const NodeRecord* to = FindReigning(response.epoch);
  if (to == nullptr) return;  // no node counts it
  const LogMirror& log = to->disk.written().log;
  if (response.match_index > log.last_index() ||
      !durable.log.Holds(response.match_index, log.At(response.match_index).mark)) {
    return Violated(6, node, "acknowledges what the leader does not have", response);
  }
  cluster_.SetAcknowledged(node.key, response.epoch, response.match_index);
}

void MessageChecks::Check(const NodeRecord& node, raft::SessionId session,
                          const raft::InstallSnapshotResponse& response) {
  const auto sent = processes_[node.key].sent.find({session, response.sequence});
  if (sent == processes_[node.key].sent.end()) {
    return Violated(6, node, "installed what nobody sent", response);
  }
  const LogIndex last = sent->second;
  const DiskState& durable = node.disk.durable();
  if (durable.hard_state.epoch != response.epoch || last > cluster_.committed_index() ||
      !durable.log.Holds(last, cluster_.CommittedAt(last))) {
    return Violated(6, node, "installed what is not on its disk", response);
  }
  if (FindReigning(response.epoch)) cluster_.SetAcknowledged(node.key, response.epoch, last);
}

const NodeRecord* MessageChecks::FindReigning(Epoch epoch) const {
  const LeaderRecord* leader = cluster_.LeaderOf(epoch);
  const NodeRecord* node = leader != nullptr ? cluster_.Find(leader->key) : nullptr;
  return node != nullptr && node->epoch() == epoch && node->now.leads() ? node : nullptr;
}

void MessageChecks::Check(const NodeRecord& node, NodeId asker,
                          const raft::VoteResponse& response) {
  const DiskState& durable = node.disk.durable();
  if (durable.hard_state.epoch != response.requested_epoch || !durable.hard_state.vote ||
      durable.hard_state.vote->node_id != asker) {
    Violated(6, node, "grants a vote that is not on its disk", response);
  }
}

void MessageChecks::Check(const NodeRecord& node, NodeId asker,
                          const raft::HeartbeatResponse& response) {
  // A refusal promises nothing.
  if (response.read_sequence == 0) return;
  const LeaderRecord* leader = cluster_.LeaderOf(response.epoch);
  if (leader == nullptr || leader->key.node_id != asker) return;
  if (node.disk.durable().hard_state.epoch != response.epoch) {
    Violated(6, node, "follows in an epoch that is not on its disk", response);
  }
}

void MessageChecks::CheckSend(const NodeRecord& node, NodeId to, const raft::Message& message) {
  if (!MayTakePart(node)) {
    Violated(6, node, "takes part before its voter set is durable", message);
  }
  if (const auto* append = std::get_if<raft::AppendRequest>(&message)) {
    Check(node, *append);
  } else if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&message)) {
    Check(node, to, *heartbeat);
  } else if (std::holds_alternative<raft::TimeoutNow>(message)) {
    CheckOrder(node, to);
  }
}

void MessageChecks::Check(const NodeRecord& node, const raft::AppendRequest& request) {
  const LogMirror& log = node.disk.written().log;
  const LogIndex last = request.prev_index + static_cast<int64_t>(request.entries.size());
  if (!node.now.leads() || request.epoch != node.epoch() || last > log.last_index() ||
      log.At(request.prev_index).mark.epoch != request.prev_epoch ||
      request.commit_index > node.now.commit_index) {
    return Violated(3, node, "sends what its log does not say", request);
  }
  size_t bytes = 0;
  LogIndex index = request.prev_index;
  for (const raft::EntryPtr& entry : request.entries) {
    ++index;
    bytes += entry->encoded().size();
    if (entry->index() != index || log.At(index).mark != EntryMark::Of(*entry)) {
      return Violated(3, node, "sends entries that its log does not hold", request);
    }
  }
  if (request.entries.size() > 1 && bytes > node.options.max_append_bytes) {
    Violated(10, node, "sends more bytes at once than it may", request);
  }
}

const NodeRecord* MessageChecks::FindVoter(const NodeRecord& node, NodeId id) const {
  const raft::Voter* voter = node.disk.written().voters().FindByNodeId(id);
  return voter != nullptr ? cluster_.Find(voter->key) : nullptr;
}

void MessageChecks::Check(const NodeRecord& node, NodeId to, const raft::Heartbeat& heartbeat) {
  const LogIndex commit = heartbeat.commit_index;
  if (!node.now.leads() || heartbeat.epoch != node.epoch() || commit > node.now.commit_index) {
    return Violated(5, node, "tells of a commit that it does not know", heartbeat);
  }
  const std::optional<raft::ReplicaKey> key = node.AnswererOn(to, raft::StreamClass::kControl);
  const NodeRecord* peer = key ? cluster_.Find(*key) : nullptr;
  // A message for a replaced disk does not reach a peer.
  if (peer == nullptr || peer != cluster_.FindLatest(to)) return;
  // In a newer epoch the peer may have truncated entries that it acknowledged.
  if (peer->epoch() > node.epoch()) return;
  if (!peer->disk.durable().log.Holds(commit, cluster_.CommittedAt(commit))) {
    Violated(5, node, "tells a peer to commit what it may not have", heartbeat);
  }
}

void MessageChecks::CheckOrder(const NodeRecord& node, NodeId target) {
  const raft::TimeoutNow order{.epoch = node.epoch()};
  if (processes_[node.key].paused != node.epoch() || !node.now.leads()) {
    Violated(12, node, "hands over while its users may still propose", order);
  }
  const auto key = node.AnswererOn(target, raft::StreamClass::kControl);
  if (key && !node.disk.written().voters().Contains(*key)) {
    Violated(12, node, "hands over to an observer", order);
  }
  const LogMirror& log = node.disk.written().log;
  const NodeRecord* to = FindVoter(node, target);
  // The target may have another disk by now, or be in a newer epoch. Then the order has no effect.
  const bool has_all =
      to != nullptr && (to != cluster_.FindLatest(target) || to->epoch() > node.epoch() ||
                        to->disk.durable().log.Holds(log.last_index(), log.last().mark));
  if (!has_all || node.now.commit_index != log.last_index()) {
    Violated(12, node, "hands over to a target that does not have everything", order);
  }
}

void MessageChecks::Violated(int invariant, const NodeRecord& node, const char* what,
                             const raft::Message& message) {
  cluster_.Violated(invariant, node.id(), std::string(what) + ": " + ToString(message));
}

}  // namespace quorate::sim
