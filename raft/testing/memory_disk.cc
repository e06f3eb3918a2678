#include "raft/testing/memory_disk.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::raft {

WriteId MemoryDisk::SyncOne() {
  CHECK(!unsynced_.empty());
  LogWrite write = std::move(unsynced_.front());
  unsynced_.pop_front();
  if (write.hard_state) hard_state_ = *write.hard_state;
  if (write.founding_voters) founding_voters_ = *std::move(write.founding_voters);
  if (write.install_snapshot) {
    CHECK_GE(write.install_snapshot->last_index, first_index());
    start_ = std::move(write.install_snapshot);
    entries_.clear();
  }
  if (write.truncate_after) {
    CHECK_LE(*write.truncate_after, last_index());
    entries_.resize(static_cast<size_t>(*write.truncate_after + 1 - first_index()));
  }
  for (EntryPtr& entry : write.entries) {
    CHECK_EQ(entry->index(), last_index() + 1);
    entries_.push_back(std::move(entry));
  }
  if (write.drop_prefix && *write.drop_prefix >= first_index()) {
    const LogIndex last_dropped = *write.drop_prefix;
    auto [voters_index, voters] = VotersAt(last_dropped);
    SnapshotMeta start = SnapshotMeta::After(*Find(last_dropped), voters_index, std::move(voters));
    entries_.erase(entries_.begin(), entries_.begin() + (last_dropped + 1 - first_index()));
    start_ = std::move(start);
  }
  return write.id;
}

std::pair<LogIndex, VoterSet> MemoryDisk::VotersAt(LogIndex index) const {
  for (LogIndex i = index; i >= first_index(); i = i - 1) {
    const EntryPtr entry = Find(i);
    if (entry->header().type == EntryType::kVoters) return {i, *VoterSet::Parse(entry->payload())};
  }
  if (start_) return {start_->voters_index, start_->voters};
  return {};
}

RestoredLog MemoryDisk::Restore() const {
  RestoredLog restored{.hard_state = hard_state_,
                       .first_index = first_index(),
                       .last_index = last_index(),
                       .start = start_,
                       .last_entry = Find(last_index()),
                       .founding_voters = founding_voters_};
  for (const EntryPtr& entry : entries_) {
    if (restored.epoch_starts.empty() || restored.epoch_starts.back().first != entry->epoch()) {
      restored.epoch_starts.emplace_back(entry->epoch(), entry->index());
    }
    if (entry->header().type == EntryType::kVoters) {
      restored.voter_sets.emplace_back(entry->index(), *VoterSet::Parse(entry->payload()));
    }
  }
  return restored;
}

EntryPtr MemoryDisk::Find(LogIndex index) const {
  if (index < first_index() || index > last_index()) return nullptr;
  return entries_[static_cast<size_t>(index - first_index())];
}

absl::StatusOr<std::vector<EntryPtr>> MemoryDisk::Read(LogIndex from, LogIndex to,
                                                       size_t max_bytes) const {
  std::vector<EntryPtr> read;
  if (from < first_index()) return absl::OutOfRangeError("no longer in the log");
  size_t bytes = 0;
  for (LogIndex i = from; i <= std::min(to, last_index()); ++i) {
    bytes += Find(i)->encoded().size();
    if (!read.empty() && bytes > max_bytes) break;
    read.push_back(Find(i));
  }
  if (read.empty()) return absl::OutOfRangeError("not in the log");
  return read;
}

}  // namespace quorate::raft
