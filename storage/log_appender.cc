#include "storage/log_appender.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "storage/entry_reader.h"
#include "storage/key_layout.h"

namespace quorate::storage {

LogAppender::LogAppender(KvStore* kv, const RecoveredLog& recovered)
    : kv_(kv),
      state_(recovered.state),
      start_(recovered.restored.start),
      epoch_starts_(recovered.restored.epoch_starts) {
  if (recovered.restored.last_entry) {
    end_ = raft::LogEnd::Of(*recovered.restored.last_entry);
  } else if (start_) {
    end_ = raft::LogEnd::Of(*start_);
  }
  for (const auto& [index, set] : recovered.restored.voter_sets) voter_entries_.push_back(index);
}

absl::Status LogAppender::Apply(const std::vector<const raft::LogWrite*>& writes) {
  puts_.clear();
  start_changed_ = false;
  epoch_starts_changed_ = false;
  voter_entries_changed_ = false;
  // The values to which the puts point.
  std::string start;
  std::string founding_voters;
  std::string epoch_starts;
  std::string voter_entries;

  for (const raft::LogWrite* write : writes) {
    CHECK(write == writes.front() || !Cuts(*write))
        << "a write that cuts the log must be the first of its batch";
    if (write->hard_state) state_.hard_state = *write->hard_state;
    if (write->founding_voters) founding_voters = EncodeFoundingVoters(*write->founding_voters);
    if (write->install_snapshot) InstallSnapshot(*write->install_snapshot);
    if (write->truncate_after) RETURN_IF_ERROR(TruncateAfter(*write->truncate_after));
    for (const raft::EntryPtr& entry : write->entries) RETURN_IF_ERROR(Append(entry));
    if (write->drop_prefix) RETURN_IF_ERROR(DropPrefix(*write->drop_prefix));
  }

  ++state_.write_id;
  const auto put_meta = [this](std::string_view key, std::string_view value) {
    puts_.push_back({.family = KvFamily::kMeta, .key = std::string(key), .value = value});
  };
  const std::string state = EncodeState(state_);
  put_meta(kStateKey, state);
  if (start_changed_) {
    start = EncodeLogStart(*start_);
    put_meta(kLogStartKey, start);
  }
  if (epoch_starts_changed_) {
    epoch_starts = EncodeEpochStarts(epoch_starts_);
    put_meta(kEpochStartsKey, epoch_starts);
  }
  if (voter_entries_changed_) {
    voter_entries = EncodeVoterEntries(voter_entries_);
    put_meta(kVoterEntriesKey, voter_entries);
  }
  if (!founding_voters.empty()) put_meta(kFoundingVotersKey, founding_voters);
  RETURN_IF_ERROR(kv_->WriteBatch(state_.write_id, puts_, /*sync=*/true));
  // Not before the batch is durable: until then the entries are part of the log.
  if (start_changed_) RETURN_IF_ERROR(kv_->DropPrefix(KvFamily::kLog, LogKey(state_.first_index)));
  return absl::OkStatus();
}

// Leaves the old entries after the snapshot's end in the store, as a truncation does.
void LogAppender::InstallSnapshot(const raft::SnapshotMeta& snapshot) {
  CHECK_GE(snapshot.last_index, state_.first_index);
  start_ = snapshot;
  end_ = raft::LogEnd::Of(snapshot);
  state_.first_index = snapshot.last_index + 1;
  state_.last_index = snapshot.last_index;
  epoch_starts_.clear();
  voter_entries_.clear();
  start_changed_ = epoch_starts_changed_ = voter_entries_changed_ = true;
}

// Does not overwrite the entries that are cut off. They lie beyond last_index, and later appends
// overwrite them.
absl::Status LogAppender::TruncateAfter(LogIndex index) {
  CHECK_GE(index, state_.first_index - 1);
  CHECK_LE(index, state_.last_index);
  if (index == state_.last_index) return absl::OkStatus();
  if (index >= state_.first_index) {
    ASSIGN_OR_RETURN(const raft::EntryPtr last, EntryReader(kv_).ReadOne(index));
    end_ = raft::LogEnd::Of(*last);
  } else {
    end_ = start_ ? raft::LogEnd::Of(*start_) : raft::LogEnd();
  }
  state_.last_index = index;
  while (!epoch_starts_.empty() && epoch_starts_.back().second > index) {
    epoch_starts_.pop_back();
    epoch_starts_changed_ = true;
  }
  while (!voter_entries_.empty() && voter_entries_.back() > index) {
    voter_entries_.pop_back();
    voter_entries_changed_ = true;
  }
  return absl::OkStatus();
}

// An entry from a leader may follow one that the core no longer has in memory. Then only this check
// compares the two.
absl::Status LogAppender::Append(const raft::EntryPtr& entry) {
  RETURN_IF_ERROR(CheckFollows(end_, *entry));
  if (epoch_starts_.empty() || epoch_starts_.back().first != entry->epoch()) {
    epoch_starts_.emplace_back(entry->epoch(), entry->index());
    epoch_starts_changed_ = true;
  }
  if (entry->header().type == raft::EntryType::kVoters) {
    voter_entries_.push_back(entry->index());
    voter_entries_changed_ = true;
  }
  puts_.push_back(
      {.family = KvFamily::kLog, .key = LogKey(entry->index()), .value = entry->encoded()});
  state_.last_index = entry->index();
  end_ = raft::LogEnd::Of(*entry);
  return absl::OkStatus();
}

absl::Status LogAppender::DropPrefix(LogIndex index) {
  CHECK_LE(index, state_.last_index);
  if (index < state_.first_index) return absl::OkStatus();
  ASSIGN_OR_RETURN(const raft::EntryPtr last_dropped, EntryReader(kv_).ReadOne(index));
  ASSIGN_OR_RETURN(auto voters, VotersAt(index));
  start_ = raft::SnapshotMeta::After(*last_dropped, voters.first, std::move(voters.second));
  state_.first_index = index + 1;
  std::erase_if(voter_entries_, [index](LogIndex voters_index) { return voters_index <= index; });
  // The epoch in which the log now begins keeps its place, with its first remaining entry. Example:
  // dropping up to index 12 turns (3, 1), (5, 10), (6, 20) into (5, 13), (6, 20).
  const auto later = std::partition_point(epoch_starts_.begin(), epoch_starts_.end(),
                                          [index](const auto& s) { return s.second <= index + 1; });
  const Epoch first_epoch = std::prev(later)->first;
  epoch_starts_.erase(epoch_starts_.begin(), later);
  if (index < state_.last_index) {
    epoch_starts_.emplace(epoch_starts_.begin(), first_epoch, state_.first_index);
  }
  start_changed_ = epoch_starts_changed_ = voter_entries_changed_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::pair<LogIndex, raft::VoterSet>> LogAppender::VotersAt(LogIndex index) const {
  const auto later = std::upper_bound(voter_entries_.begin(), voter_entries_.end(), index);
  if (later == voter_entries_.begin()) {
    if (!start_) return std::pair(LogIndex(0), raft::VoterSet());
    return std::pair(start_->voters_index, start_->voters);
  }
  const LogIndex voters_index = *std::prev(later);
  ASSIGN_OR_RETURN(const raft::EntryPtr entry, EntryReader(kv_).ReadOne(voters_index));
  ASSIGN_OR_RETURN(raft::VoterSet voters, raft::VoterSet::Parse(entry->payload()));
  return std::pair(voters_index, std::move(voters));
}

}  // namespace quorate::storage
