// Leadership transfer (Raft dissertation §3.10): pause the proposer, wait until the target has
// everything, tell it to stand. A hand-over that goes well loses no proposal and no time; one that
// does not leaves the leader where it was.
#include <utility>

#include "absl/strings/str_format.h"
#include "raft/mutant.h"
#include "raft/raft_core.h"

namespace quorate::raft {

void RaftCore::Handle(const event::StartTransfer& event) {
  const auto refuse = [&](const std::string& why) {
    Emit(effect::TransferDone{.token = event.token, .status = absl::FailedPreconditionError(why)});
  };
  const auto* leader = std::get_if<Leader>(&role_);
  if (!leader || !leader->claimed) return refuse("this controller is not the active one");
  if (hand_over_) return refuse("a transfer of leadership is under way");
  const std::optional<NodeId> target = event.target ? event.target : MostCaughtUpPeer();
  if (!target) return refuse("no other voter is in contact");
  if (target == self()) return refuse("this controller leads already");
  if (leader->peers.count(*target) == 0) {
    return refuse(absl::StrFormat("controller %d is not a voter", target->value()));
  }
  if (!IsUp(*target, StreamClass::kControl)) {
    return refuse(absl::StrFormat("controller %d is not in contact", target->value()));
  }
  hand_over_ = HandOver{.token = event.token,
                        .epoch = epoch(),
                        .target = *target,
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
  const FollowerProgress* progress = FindProgress(hand_over_->target);
  const bool paused = hand_over_->pause_confirmed || IsMutant(Mutant::kHandOverUnpaused);
  if (!paused || progress == nullptr) return;
  const bool complete =
      log_.commit_index() == log_.last_index() && progress->match_index() == log_.last_index();
  if (!complete && !IsMutant(Mutant::kHandOverTooEarly)) return;
  hand_over_->phase = HandOver::Phase::kSent;
  hand_over_->deadline = now_ + options_.check_quorum_timeout;
  Emit(effect::Send{.to = hand_over_->target, .message = TimeoutNow{.epoch = epoch()}});
}

void RaftCore::FailHandOver(absl::Status status) {
  if (hand_over_->phase != HandOver::Phase::kDeposed) Emit(effect::Resume{hand_over_->epoch});
  Emit(effect::TransferDone{.token = hand_over_->token, .status = std::move(status)});
  hand_over_.reset();
}

std::optional<NodeId> RaftCore::MostCaughtUpPeer() const {
  std::optional<NodeId> best;
  LogIndex best_match;
  for (const auto& [id, progress] : std::get<Leader>(role_).peers) {
    if (!IsUp(id, StreamClass::kControl) || !IsUp(id, StreamClass::kAppend)) continue;
    if (!best || progress.match_index() > best_match) {
      best = id;
      best_match = progress.match_index();
    }
  }
  return best;
}

}  // namespace quorate::raft
