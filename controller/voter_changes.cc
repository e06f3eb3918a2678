#include "controller/voter_changes.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace quorate::controller {
namespace {

// How often held requests are checked again.
constexpr Duration kInterval = std::chrono::milliseconds(100);

// How often the addresses of the voters are compared with those that they announce. At most one
// entry follows, so that voters whose addresses keep changing cannot fill the log.
constexpr Duration kAddressInterval = std::chrono::seconds(5);

}  // namespace

VoterChanges::VoterChanges(Executor* executor, const Clock* clock, raft::ReplicatedLog* log,
                           RequestPipeline* pipeline)
    : executor_(executor),
      clock_(clock),
      log_(log),
      pipeline_(pipeline),
      alarm_(executor, [this] { Proceed(); }),
      address_alarm_(executor, [this] { CheckAddresses(); }) {}

void VoterChanges::Request(VoterChange change, bool validate_only, RequestContext context,
                           Reply<VoterChangeResult> reply) {
  if (!pipeline_->is_active()) return std::move(reply)(pipeline_->NotController());
  held_.push_back({.change = change,
                   .validate_only = validate_only,
                   .context = std::move(context),
                   .reply = std::move(reply)});
  Proceed();
}

void VoterChanges::TakeOver() { address_alarm_.FireBy(clock_->Now() + kAddressInterval); }

void VoterChanges::Clear() {
  for (Held& held : std::exchange(held_, {})) std::move(held.reply)(pipeline_->NotController());
  addresses_due_ = false;
  alarm_.Cancel();
  address_alarm_.Cancel();
}

void VoterChanges::Proceed() {
  Expire();
  if (held_.empty()) return;
  // No later than the next deadline: the client can then be told what its request waited for.
  MonoTime next_look = clock_->Now() + kInterval;
  for (const Held& held : held_) next_look = std::min(next_look, held.context.deadline);
  alarm_.FireBy(next_look);
  AskForStatus();
}

void VoterChanges::CheckAddresses() {
  address_alarm_.FireBy(clock_->Now() + kAddressInterval);
  if (change_in_flight_) return;
  addresses_due_ = true;
  AskForStatus();
}

void VoterChanges::AskForStatus() {
  if (change_in_flight_ || std::exchange(asking_, true)) return;
  log_->Describe([this](raft::QuorumStatus status) {
    executor_->Post([this, status = std::move(status)] {
      asking_ = false;
      Decide(status);
    });
  });
}

void VoterChanges::Decide(const raft::QuorumStatus& status) {
  const bool addresses_due = std::exchange(addresses_due_, false);
  // The voter set that this controller appended when it became active may not be committed yet.
  const bool may_decide = pipeline_->is_active() && !change_in_flight_ &&
                          pipeline_->VotersAreCommitted() &&
                          status.epoch == pipeline_->claimed_epoch();
  if (!may_decide) return;
  for (auto it = held_.begin(); it != held_.end(); ++it) {
    auto decided = DecideVoterChange(it->change, pipeline_->voters(), status,
                                     pipeline_->newest().metadata_version());
    if (auto* not_yet = std::get_if<NotYet>(&decided)) {
      it->reason = std::move(not_yet->reason);
      if (!it->validate_only) continue;
      decided = MakeError(common::v1::INVALID_REQUEST,
                          absl::StrCat("could not ", ToText(it->change), " now: ", it->reason));
    }
    Held held = std::move(*it);
    held_.erase(it);
    if (auto* error = std::get_if<common::v1::Error>(&decided)) {
      return Submit(std::move(held), std::move(*error));
    }
    return Submit(std::move(held), std::get<raft::VoterSet>(std::move(decided)));
  }
  if (addresses_due) UpdateAddresses(status);
}

void VoterChanges::UpdateAddresses(const raft::QuorumStatus& status) {
  if (!pipeline_->MayAppend()) return;
  std::optional<MovedVoters> moved =
      DecideMovedVoters(pipeline_->voters(), status, pipeline_->newest().metadata_version());
  if (!moved) return;
  pipeline_->Execute<std::monostate>([&moved](const View&, const Context&) {
    return Decision<std::monostate>{.voters = std::move(moved->voters),
                                    .cause = std::move(moved->cause)};
  });
}

void VoterChanges::Submit(Held held, std::variant<raft::VoterSet, common::v1::Error> outcome) {
  change_in_flight_ = true;
  RequestPipeline::Decide<VoterChangeResult> decide =
      [this, outcome = std::move(outcome), cause = ToText(held.change),
       validate_only = held.validate_only](const View&, const Context&) {
        Decision<VoterChangeResult> decision;
        if (const auto* error = std::get_if<common::v1::Error>(&outcome)) {
          decision.answer = *error;
          return decision;
        }
        const auto& next = std::get<raft::VoterSet>(outcome);
        const bool changes = next != pipeline_->voters();
        decision.answer = VoterChangeResult{.changed = changes, .voters = next};
        decision.cause = cause;
        if (changes && !validate_only) decision.voters = next;
        return decision;
      };
  pipeline_->Submit<VoterChangeResult>(
      {.principal = held.context.principal,
       .deadline = held.context.deadline,
       .epoch = held.context.epoch},
      std::move(decide),
      [this, reply = std::move(held.reply)](Answer<VoterChangeResult> answer) mutable {
        change_in_flight_ = false;
        std::move(reply)(std::move(answer));
        Proceed();
      });
}

void VoterChanges::Expire() {
  const MonoTime now = clock_->Now();
  std::deque<Held> expired;
  for (auto it = held_.begin(); it != held_.end();) {
    if (it->context.deadline > now) {
      ++it;
      continue;
    }
    expired.push_back(std::move(*it));
    it = held_.erase(it);
  }
  for (Held& held : expired) {
    std::string message = absl::StrCat("could not ", ToText(held.change), " in time");
    if (change_in_flight_ || !pipeline_->VotersAreCommitted()) {
      held.reason = "another change of the voters is under way";
    }
    if (!held.reason.empty()) absl::StrAppend(&message, ": ", held.reason);
    std::move(held.reply)(MakeError(common::v1::REQUEST_TIMED_OUT, std::move(message)));
  }
}

}  // namespace quorate::controller
