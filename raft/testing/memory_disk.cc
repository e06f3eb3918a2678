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
  if (write.truncate_after) {
    CHECK_LE(*write.truncate_after, last_index());
    entries_.resize(static_cast<size_t>(write.truncate_after->value()));
  }
  for (EntryPtr& entry : write.entries) {
    CHECK_EQ(entry->index(), last_index() + 1);
    entries_.push_back(std::move(entry));
  }
  return write.id;
}

RestoredLog MemoryDisk::Restore() const {
  RestoredLog restored{.hard_state = hard_state_,
                       .last_index = last_index(),
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
  if (index < LogIndex(1) || index > last_index()) return nullptr;
  return entries_[static_cast<size_t>(index.value() - 1)];
}

absl::StatusOr<std::vector<EntryPtr>> MemoryDisk::Read(LogIndex from, LogIndex to,
                                                       size_t max_bytes) const {
  std::vector<EntryPtr> read;
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
