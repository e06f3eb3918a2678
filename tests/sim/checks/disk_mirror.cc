#include "tests/sim/checks/disk_mirror.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

bool Matches(const DiskState& state, const DiskMirror::Opened& found) {
  return state.hard_state == found.hard_state && state.log.last_index() == found.last_index &&
         state.log.last().mark == found.last && state.voters() == found.voters;
}

std::string VoteText(const raft::HardState& state) {
  return state.vote ? ToString(state.vote->node_id) : "none";
}

}  // namespace

void DiskState::Apply(const raft::LogWrite& write, const LogMirror& committed) {
  if (write.hard_state) hard_state = *write.hard_state;
  if (write.founding_voters) founding_voters = *write.founding_voters;
  if (write.install_snapshot) log = committed.Prefix(write.install_snapshot->last_index);
  if (write.truncate_after) log.TruncateAfter(*write.truncate_after);
  for (const raft::EntryPtr& entry : write.entries) log.Append(*entry);
}

std::optional<MonoTime> DiskMirror::OldestPending() const {
  return pending_.empty() ? std::nullopt : std::optional(pending_.front().issued);
}

void DiskMirror::Write(const raft::LogWrite& write, MonoTime now) {
  written_.Apply(write, committed_);
  pending_.push_back({.write = write, .issued = now});
}

void DiskMirror::Complete(raft::WriteId id) {
  while (!pending_.empty() && pending_.front().write.id <= id) CompleteFirst();
}

void DiskMirror::CompleteFirst() {
  durable_.Apply(pending_.front().write, committed_);
  pending_.pop_front();
}

std::optional<std::string> DiskMirror::Open(const Opened& found) {
  // The founding set was persisted before the first observation.
  if (!std::exchange(opened_, true)) durable_.founding_voters = found.voters;
  const DiskState promised = durable_;
  while (!Matches(durable_, found) && !pending_.empty()) CompleteFirst();
  if (!Matches(durable_, found)) {
    return absl::StrFormat(
        "opened a disk with epoch %d, vote %s and a log up to %d@%d, after epoch %d, vote %s and a "
        "log up to %d@%d were durable",
        found.hard_state.epoch.value(), VoteText(found.hard_state), found.last_index.value(),
        found.last.epoch.value(), promised.hard_state.epoch.value(), VoteText(promised.hard_state),
        promised.log.last_index().value(), promised.log.last().mark.epoch.value());
  }
  pending_.clear();
  written_ = durable_;
  return std::nullopt;
}

}  // namespace quorate::sim
