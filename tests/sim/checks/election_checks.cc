#include "tests/sim/checks/election_checks.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::sim {

using raft::VoteRequest;
using raft::VoteResponse;

namespace {

bool IsMajority(const raft::VoterSet& voters, const std::set<raft::ReplicaKey>& replicas) {
  const auto count =
      std::count_if(voters.voters().begin(), voters.voters().end(),
                    [&replicas](const raft::Voter& voter) { return replicas.contains(voter.key); });
  return !voters.empty() && static_cast<size_t>(count) >= voters.Majority();
}

}  // namespace

void ElectionChecks::OnEvent(const NodeRecord& node, MonoTime now, const raft::Event& event) {
  if (std::holds_alternative<raft::event::Start>(event)) received_[node.key] = {};
  Received& received = received_[node.key];
  received.vote_request.reset();
  received.order.reset();
  received.led_by.reset();
  const auto forget = [&received](NodeId leader) {
    if (received.leader_at && received.leader_at->first == leader) received.leader_at.reset();
  };
  if (const auto* receive = std::get_if<raft::event::Receive>(&event)) {
    if (cluster_.Knows(receive->from)) RecordReceived(node, now, *receive);
  } else if (const auto* down = std::get_if<raft::event::StreamDown>(&event)) {
    if (down->stream == raft::StreamClass::kControl) forget(down->peer);
  } else if (const auto* dead = std::get_if<raft::event::PeerDead>(&event)) {
    forget(dead->peer);
  } else if (const auto* goodbye = std::get_if<raft::event::PeerGoodbye>(&event)) {
    if (goodbye->reason == raft::GoodbyeReason::kReconnecting) return;
    if (!cluster_.Knows(goodbye->peer)) return;
    forget(goodbye->peer.node_id);
    const bool resigned = goodbye->reason == raft::GoodbyeReason::kResigned;
    if (resigned && goodbye->epoch == node.epoch()) received.resigned_epoch = goodbye->epoch;
  }
}

void ElectionChecks::RecordReceived(const NodeRecord& node, MonoTime now,
                                    const raft::event::Receive& receive) {
  Received& received = received_[node.key];
  const raft::Message& message = receive.message;
  if (const auto* answer = std::get_if<VoteResponse>(&message)) {
    if (!answer->granted || !answer->pre_vote) return;
    const std::optional<raft::ReplicaKey> voter =
        node.AnswererOn(receive.from.node_id, raft::StreamClass::kControl);
    if (!voter || answer->requested_epoch != node.epoch() + 1) return;
    if (answer->requested_epoch != received.pre_vote_epoch) received.pre_votes.clear();
    received.pre_vote_epoch = answer->requested_epoch;
    received.pre_votes.insert(*voter);
  } else if (std::holds_alternative<VoteRequest>(message)) {
    received.vote_request = receive;
    received.had_live_leader = HasLiveLeader(node, now);
  } else if (const auto* order = std::get_if<raft::TimeoutNow>(&message)) {
    if (order->epoch == node.epoch() && node.now.leader_of_epoch == receive.from.node_id) {
      received.order = order->epoch;
    }
  } else if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&message)) {
    received.led_by = {receive.from.node_id, heartbeat->epoch};
  } else if (const auto* append = std::get_if<raft::AppendRequest>(&message)) {
    received.led_by = {receive.from.node_id, append->epoch};
  } else if (const auto* chunk = std::get_if<raft::InstallSnapshot>(&message)) {
    received.led_by = {receive.from.node_id, chunk->epoch};
  }
}

bool ElectionChecks::HasLiveLeader(const NodeRecord& node, MonoTime now) const {
  if (node.now.leads()) {
    std::set<raft::ReplicaKey> live = {node.key};
    for (const PeerFacts& peer : node.now.peers) {
      if (now < peer.live_at + node.options.check_quorum_timeout) live.insert(peer.key);
    }
    return IsMajority(node.disk.written().voters(), live);
  }
  const Received& received = received_.at(node.key);
  return received.leader_at &&
         node.AnswererOn(received.leader_at->first, raft::StreamClass::kControl) &&
         now < received.leader_at->second + node.options.election_timeout_min;
}

void ElectionChecks::OnStep(const NodeRecord& node, MonoTime now,
                            const std::vector<raft::Effect>& effects) {
  Received& received = received_[node.key];
  if (node.before.epoch() != node.epoch()) received.leader_at.reset();
  if (received.led_by && received.led_by->second == node.epoch() &&
      node.now.leader_of_epoch == received.led_by->first &&
      received.resigned_epoch != node.epoch()) {
    received.leader_at = {received.led_by->first, now};
  }
  CheckHardState(node);
  CheckStanding(node);
  if (node.JustLeads()) CheckNewLeader(node);
  if (received.vote_request) CheckVoteRequest(node, effects);
  CheckQuestions(node, effects);
}

void ElectionChecks::CheckHardState(const NodeRecord& node) {
  const raft::HardState& before = node.before.hard_state;
  const raft::HardState& now = node.now.hard_state;
  if (now.epoch < before.epoch) cluster_.Violated(2, node.id(), "its epoch fell");
  if (now.epoch == before.epoch && before.vote && now.vote != before.vote) {
    cluster_.Violated(1, node.id(), "its vote changed within an epoch");
  }
  if (!node.now.leader_of_epoch || node.before.leader_of_epoch == node.now.leader_of_epoch) return;
  const auto [it, is_first] = leaders_.emplace(now.epoch, *node.now.leader_of_epoch);
  if (!is_first && it->second != *node.now.leader_of_epoch) {
    cluster_.Violated(
        1, node.id(),
        absl::StrFormat("takes %d for the leader of epoch %d, which %d leads",
                        node.now.leader_of_epoch->value(), now.epoch.value(), it->second.value()));
  }
}

// A node raises the epoch to stand for election only if a majority would vote for it (dissertation
// §9.6), or if the leader of the previous epoch orders it to.
void ElectionChecks::CheckStanding(const NodeRecord& node) {
  if (node.epoch() == node.before.epoch() || node.now.hard_state.vote != node.key) return;
  const DiskState& own = node.disk.written();
  const auto& sets = own.log.voter_sets();
  const raft::VoterSet& before =
      sets.size() > 2 ? sets[sets.size() - 2].second : own.founding_voters;
  // A removed node may have to lead once more if only its own log contains the removal
  // (dissertation §4.2.2).
  const bool removal_is_open = own.log.voters_index() > node.now.commit_index;
  if (!own.voters().Contains(node.key) && !(removal_is_open && before.Contains(node.key))) {
    cluster_.Violated(1, node.id(),
                      absl::StrFormat("stands in epoch %d as an observer", node.epoch().value()));
  }
  Received& received = received_[node.key];
  if (received.order && node.epoch() == *received.order + 1) {
    received.ordered_epoch = node.epoch();
    return;
  }
  std::set<raft::ReplicaKey> granted = {node.key};
  if (received.pre_vote_epoch == node.epoch())
    granted.insert(received.pre_votes.begin(), received.pre_votes.end());
  // The last entries of a resigned leader may change the voters during the round, which continues
  // with the voters at its beginning.
  if (!IsMajority(own.voters(), granted) && !IsMajority(before, granted)) {
    cluster_.Violated(1, node.id(),
                      absl::StrFormat("stands in epoch %d without a majority of "
                                      "pre-votes or an order",
                                      node.epoch().value()));
  }
}

void ElectionChecks::CheckNewLeader(const NodeRecord& node) {
  const Epoch epoch = node.epoch();
  const LeaderRecord self = {.key = node.key, .process = node.process};
  cluster_.SetLeader(epoch, self);
  if (*cluster_.LeaderOf(epoch) != self) {
    cluster_.Violated(1, node.id(),
                      absl::StrFormat("leads epoch %d, which another leads, or this "
                                      "node before it restarted",
                                      epoch.value()));
  }
  std::set<raft::ReplicaKey> votes;
  for (const raft::Voter& voter : node.disk.written().voters().voters()) {
    const auto& given = votes_[epoch];
    const auto vote = given.find(voter.key);
    if (vote != given.end() && vote->second == node.key) votes.insert(voter.key);
  }
  if (!IsMajority(node.disk.written().voters(), votes)) {
    cluster_.Violated(
        1, node.id(),
        absl::StrFormat("leads epoch %d on %d durable votes", epoch.value(), votes.size()));
  }
}

void ElectionChecks::CheckVoteRequest(const NodeRecord& node,
                                      const std::vector<raft::Effect>& effects) {
  const raft::event::Receive& vote_request = *received_[node.key].vote_request;
  const auto& request = std::get<VoteRequest>(vote_request.message);
  // A leader's deadline is for its own work, which any step may advance.
  const bool timer_moved = node.now.deadline != node.before.deadline && !node.now.leads();
  if (request.pre_vote && (node.now.hard_state != node.before.hard_state ||
                           node.now.role != node.before.role || timer_moved)) {
    cluster_.Violated(13, node.id(), "a pre-vote changed its epoch, vote, role or timer");
  }
  const bool answered_yes =
      std::any_of(effects.begin(), effects.end(), [&](const raft::Effect& effect) {
        const auto* reply = std::get_if<raft::effect::Reply>(&effect);
        const auto* answer = reply ? std::get_if<VoteResponse>(&reply->message) : nullptr;
        return answer && reply->session == vote_request.session && answer->granted;
      });
  const bool voted = node.now.hard_state != node.before.hard_state &&
                     node.now.hard_state.vote == request.candidate;
  if (answered_yes || voted) CheckGrant(node, request);
}

void ElectionChecks::CheckGrant(const NodeRecord& node, const VoteRequest& request) {
  const std::string to = absl::StrFormat(" (candidate %d, epoch %d)",
                                         request.candidate.node_id.value(), request.epoch.value());
  const DiskState& own = node.disk.written();
  if (std::tuple(request.last_epoch, request.last_index) <
      std::tuple(own.log.last().mark.epoch, own.log.last_index())) {
    cluster_.Violated(4, node.id(), "grants a vote to a log older than its own" + to);
  }
  if (!request.transfer && received_[node.key].had_live_leader) {
    cluster_.Violated(1, node.id(), "helps to depose a live leader" + to);
  }
}

void ElectionChecks::CheckQuestions(const NodeRecord& node,
                                    const std::vector<raft::Effect>& effects) {
  for (const raft::Effect& effect : effects) {
    const auto* send = std::get_if<raft::effect::Send>(&effect);
    const auto* request = send ? std::get_if<VoteRequest>(&send->message) : nullptr;
    if (request == nullptr) continue;
    const LogMirror& log = node.disk.written().log;
    if (request->candidate != node.key || request->last_index != log.last_index() ||
        request->last_epoch != log.last().mark.epoch) {
      cluster_.Violated(4, node.id(), "asks for votes with a log or a name not its own");
    }
    if (request->epoch != node.epoch() + (request->pre_vote ? 1 : 0)) {
      cluster_.Violated(1, node.id(), "asks for votes in an epoch in which it does not stand");
    }
    if (request->transfer && received_[node.key].ordered_epoch != node.epoch()) {
      cluster_.Violated(1, node.id(), "overrides live leaders without the order of one");
    }
  }
}

void ElectionChecks::OnDurable(const NodeRecord& node) {
  const raft::HardState& durable = node.disk.durable().hard_state;
  if (!durable.vote) return;
  const auto [it, is_first] = votes_[durable.epoch].emplace(node.key, *durable.vote);
  if (!is_first && it->second != *durable.vote) {
    cluster_.Violated(
        1, node.id(),
        absl::StrFormat("voted twice in epoch %d, for %d and %d", durable.epoch.value(),
                        it->second.node_id.value(), durable.vote->node_id.value()));
  }
}

}  // namespace quorate::sim
