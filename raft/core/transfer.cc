// Leadership transfer (Raft dissertation §3.10): pause the proposer, wait until the target has
// everything, order it to stand for election (LeadershipTransfer). A transfer that succeeds loses
// no proposal and no time. One that fails leaves the leader in place.
#include <utility>

#include "absl/strings/str_format.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

void RaftCore::Handle(const event::StartTransfer& event) {
  const auto refuse = [&](const std::string& why) {
    Emit(effect::TransferDone{.token = event.token, .status = absl::FailedPreconditionError(why)});
  };
  const auto* leader = std::get_if<Leader>(&role_);
  if (!leader || !leader->claimed) return refuse("this controller is not the active one");
  if (transfer_) return refuse("a transfer of leadership is under way");
  std::optional<ReplicaKey> target = MostCaughtUpVoter();
  if (event.target == self()) return refuse("this controller leads already");
  if (event.target) {
    const Voter* voter = log_.voters().FindByNodeId(*event.target);
    if (voter == nullptr) {
      return refuse(absl::StrFormat("controller %d is not a voter", event.target->value()));
    }
    if (!IsUp(voter->key, StreamClass::kControl)) {
      return refuse(absl::StrFormat("controller %d is not in contact", event.target->value()));
    }
    target = voter->key;
  }
  if (!target) return refuse("no other voter is in contact");
  BeginTransfer(event.token, *target);
}

void RaftCore::BeginTransfer(std::optional<Token> token, const ReplicaKey& target) {
  transfer_.emplace(token, epoch(), target, now_ + options_.heartbeat_interval);
  Emit(effect::Pause{epoch()});
}

void RaftCore::Handle(const event::PauseConfirmed& event) {
  if (transfer_) transfer_->OnPauseConfirmed(event.epoch);
}

void RaftCore::ProceedWithTransfer() {
  if (!transfer_) return;
  const ReplicaKey& target = transfer_->target();
  const FollowerProgress* progress = FindProgress(target);
  // Another directory may answer under the target's node id by now.
  const bool in_contact = progress != nullptr && IsUp(target, StreamClass::kControl);
  const bool has_whole_log = progress != nullptr && log_.commit_index() == log_.last_index() &&
                             progress->match_index() == log_.last_index();
  switch (transfer_->Next({.is_voter = log_.voters().Contains(target),
                           .in_contact = in_contact,
                           .has_whole_log = has_whole_log})) {
    case LeadershipTransfer::Action::kWait:
      return;
    case LeadershipTransfer::Action::kOrderTarget:
      transfer_->OnOrdered(now_ + options_.check_quorum_timeout);
      return Emit(effect::Send{.to = target.node_id, .message = TimeoutNow{.epoch = epoch()}});
    case LeadershipTransfer::Action::kAbandon:
      // A leader that was itself removed looks for another target once that is committed.
      Emit(effect::Resume{transfer_->epoch()});
      return EndTransfer(absl::FailedPreconditionError(
          absl::StrFormat("controller %d is no longer a voter", target.node_id.value())));
  }
}

// This node does not know whether the others have room. A voter that has none does not take over,
// and the attempt writes no entry. If no voter has room, this leader stays leader, so that the
// cluster can be read.
void RaftCore::OfferLeadershipForSpace() {
  auto& leader = std::get<Leader>(role_);
  if (!leader.claimed || transfer_ || now_ < leader.next_offer) return;
  std::optional<ReplicaKey> first;
  std::optional<ReplicaKey> next;
  for (const Voter& voter : log_.voters().voters()) {
    const ReplicaKey& key = voter.key;
    if (key == options_.self || !IsUp(key, StreamClass::kControl) ||
        !IsUp(key, StreamClass::kAppend)) {
      continue;
    }
    if (!first) first = key;
    if (!next && leader.offered_to && *leader.offered_to < key) next = key;
  }
  if (!first) return;
  leader.offered_to = next ? next : first;
  leader.next_offer = now_ + 2 * options_.check_quorum_timeout;
  BeginTransfer(std::nullopt, *leader.offered_to);
}

void RaftCore::FailTransfer(absl::Status status) {
  const bool was_removed = !transfer_->token() && !IsVoter();
  if (transfer_->still_leads()) Emit(effect::Resume{transfer_->epoch()});
  EndTransfer(std::move(status));
  // A removed leader resigns even if no voter is ready to take over.
  if (was_removed && std::holds_alternative<Leader>(role_)) Resign();
}

void RaftCore::EndTransfer(absl::Status status) {
  if (const std::optional<Token> token = transfer_->token()) {
    Emit(effect::TransferDone{.token = *token, .status = std::move(status)});
  }
  transfer_.reset();
}

std::optional<ReplicaKey> RaftCore::MostCaughtUpVoter() const {
  std::optional<ReplicaKey> best;
  LogIndex best_match;
  for (const auto& [key, progress] : std::get<Leader>(role_).peers) {
    if (!log_.voters().Contains(key)) continue;
    if (!IsUp(key, StreamClass::kControl) || !IsUp(key, StreamClass::kAppend)) continue;
    if (!best || progress.match_index() > best_match) {
      best = key;
      best_match = progress.match_index();
    }
  }
  return best;
}

}  // namespace quorate::raft
