#include "tests/sim/checks/log_mirror.h"

#include "base/check.h"

namespace quorate::sim {

void LogMirror::Append(const raft::Entry& entry) {
  CHECK_EQ(entry.index(), last_index() + 1);
  entries_.push_back({.mark = EntryMark::Of(entry),
                      .end_offset = entry.end_offset(),
                      .append_time_ms = entry.header().append_time_ms,
                      .bytes_so_far = entries_.back().bytes_so_far + entry.encoded().size()});
  if (entry.header().type == raft::EntryType::kVoters) {
    absl::StatusOr<raft::VoterSet> voters = raft::VoterSet::Parse(entry.payload());
    CHECK(voters.ok()) << voters.status();
    voters_.emplace_back(entry.index(), *std::move(voters));
  }
}

void LogMirror::AppendFrom(const LogMirror& other) {
  const LogIndex next = last_index() + 1;
  LoggedEntry entry = other.At(next);
  entry.bytes_so_far += last().bytes_so_far - other.At(next - 1).bytes_so_far;
  entries_.push_back(entry);
  for (auto it = other.voters_.rbegin(); it->first >= next; ++it) {
    if (it->first == next) voters_.push_back(*it);
  }
}

LogMirror LogMirror::Prefix(LogIndex index) const {
  LogMirror prefix = *this;
  prefix.TruncateAfter(index);
  return prefix;
}

void LogMirror::TruncateAfter(LogIndex index) {
  if (index >= last_index()) return;
  entries_.resize(Position(index) + 1);
  while (voters_.back().first > index) voters_.pop_back();
}

}  // namespace quorate::sim
