// Leadership transfer (Raft dissertation §3.10): pause the proposer, wait until the target has
// everything, order it to stand for election. A transfer that succeeds loses no proposal and no
// time. One that fails leaves the leader in place.
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
  if (hand_over_) return refuse("a transfer of leadership is under way");
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
  BeginHandOver(event.token, *target);
}

void RaftCore::BeginHandOver(std::optional<Token> token, const ReplicaKey& target) {
  hand_over_ = HandOver{.token = token,
                        .epoch = epoch(),
                        .target = target,
                        .phase = HandOver::Phase::kPausing,
                        .pause_confirmed = false,
                        .deadline = now_ + options_.heartbeat_interval};
  Emit(effect::Pause{epoch()});
}

void RaftCore::Handle(const event::PauseConfirmed& event) {
  if (hand_over_ && hand_over_->epoch == event.epoch) hand_over_->pause_confirmed = true;
}

void RaftCore::ProceedWithHandOver() {
  if (!hand_over_ || hand_over_->phase != HandOver::Phase::kPausing) return;
  // A proposal from before the pause may have removed the target. A leader that was itself removed
  // looks for another target once that proposal is committed.
  if (!log_.voters().Contains(hand_over_->target)) {
    Emit(effect::Resume{hand_over_->epoch});
    return EndHandOver(absl::FailedPreconditionError(
        absl::StrFormat("controller %d is no longer a voter", hand_over_->target.node_id.value())));
  }
  const FollowerProgress* progress = FindProgress(hand_over_->target);
  if (!hand_over_->pause_confirmed || progress == nullptr) return;
  // Another directory may answer under the target's node id by now.
  if (!IsUp(hand_over_->target, StreamClass::kControl)) return;
  const bool complete =
      log_.commit_index() == log_.last_index() && progress->match_index() == log_.last_index();
  if (!complete) return;
  hand_over_->phase = HandOver::Phase::kSent;
  hand_over_->deadline = now_ + options_.check_quorum_timeout;
  Emit(effect::Send{.to = hand_over_->target.node_id, .message = TimeoutNow{.epoch = epoch()}});
}

// This node does not know whether the others have room. A voter that has none does not take over,
// and the attempt writes no entry. If no voter has room, this leader stays leader, so that the
// cluster can be read.
void RaftCore::HandOverForSpace() {
  auto& leader = std::get<Leader>(role_);
  if (!leader.claimed || hand_over_ || now_ < leader.next_offer) return;
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
  BeginHandOver(std::nullopt, *leader.offered_to);
}

void RaftCore::FailHandOver(absl::Status status) {
  const bool was_removed = !hand_over_->token && !IsVoter();
  if (hand_over_->phase != HandOver::Phase::kDeposed) Emit(effect::Resume{hand_over_->epoch});
  EndHandOver(std::move(status));
  // A removed leader resigns even if no voter is ready to take over.
  if (was_removed && std::holds_alternative<Leader>(role_)) Resign();
}

void RaftCore::EndHandOver(absl::Status status) {
  if (hand_over_->token) {
    Emit(effect::TransferDone{.token = *hand_over_->token, .status = std::move(status)});
  }
  hand_over_.reset();
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
