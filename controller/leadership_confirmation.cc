#include "controller/leadership_confirmation.h"

#include <algorithm>
#include <utility>

namespace quorate::controller {
namespace {

// Answers wait for a round, not for an offset. Those of one round are released in order of arrival.
constexpr RecordOffset kAnyOffset{0};

}  // namespace

void LeadershipConfirmation::Add(DeferredReplies::Waiting waiting) {
  next_round_deadline_ = std::max(next_round_deadline_, waiting.deadline);
  next_round_.Add(kAnyOffset, std::move(waiting));
  if (!round_under_way_) BeginRound();
}

void LeadershipConfirmation::BeginRound() {
  round_under_way_ = true;
  in_round_ = std::exchange(next_round_, {});
  const MonoTime deadline = std::exchange(next_round_deadline_, MonoTime());
  log_->ReadIndex(deadline,
                  [this, round = ++round_](const absl::StatusOr<RecordOffset>& confirmed) {
                    // The log reports lost leadership before it answers as the follower of another
                    // leader, and the loop keeps this order. Such an answer therefore finds that
                    // `round_` has changed.
                    executor_->Post([this, round, ok = confirmed.ok()] {
                      if (round == round_ && round_under_way_) EndRound(ok);
                    });
                  });
}

void LeadershipConfirmation::EndRound(bool confirmed) {
  round_under_way_ = false;
  DeferredReplies ended = std::exchange(in_round_, {});
  if (next_round_.size() > 0) BeginRound();
  if (confirmed) {
    ended.Release(kAnyOffset);
    return;
  }
  ended.Expire(clock_->Now());
  ended.FailAll(MakeError(common::v1::NOT_CONTROLLER,
                          "this controller could not confirm that it is still the active one"));
}

void LeadershipConfirmation::Expire(MonoTime now) {
  in_round_.Expire(now);
  next_round_.Expire(now);
}

void LeadershipConfirmation::FailAll(const common::v1::Error& error) {
  round_under_way_ = false;
  next_round_deadline_ = MonoTime();
  DeferredReplies in_round = std::exchange(in_round_, {});
  DeferredReplies next_round = std::exchange(next_round_, {});
  in_round.FailAll(error);
  next_round.FailAll(error);
}

MonoTime LeadershipConfirmation::next_deadline() const {
  return std::min(in_round_.next_deadline(), next_round_.next_deadline());
}

}  // namespace quorate::controller
