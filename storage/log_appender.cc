#include "storage/log_appender.h"

#include <utility>

#include "base/check.h"
#include "storage/entry_reader.h"
#include "storage/key_layout.h"

namespace quorate::storage {

LogAppender::LogAppender(KvStore* kv, const RecoveredLog& recovered)
    : kv_(kv),
      state_(recovered.state),
      last_entry_(recovered.restored.last_entry),
      epoch_starts_(recovered.restored.epoch_starts) {
  for (const auto& [index, set] : recovered.restored.voter_sets) voter_entries_.push_back(index);
}

absl::Status LogAppender::Apply(const std::vector<const raft::LogWrite*>& writes) {
  puts_.clear();
  epoch_starts_changed_ = false;
  voter_entries_changed_ = false;
  // The values that the puts point at.
  std::string founding_voters;
  std::string epoch_starts;
  std::string voter_entries;

  for (const raft::LogWrite* write : writes) {
    if (write->hard_state) state_.hard_state = *write->hard_state;
    if (write->founding_voters) founding_voters = EncodeFoundingVoters(*write->founding_voters);
    if (write->truncate_after) {
      CHECK(write == writes.front()) << "the entry that is truncated to must be in the store";
      RETURN_IF_ERROR(TruncateAfter(*write->truncate_after));
    }
    for (const raft::EntryPtr& entry : write->entries) Append(entry);
  }

  ++state_.write_id;
  const auto put_meta = [this](std::string_view key, std::string_view value) {
    puts_.push_back({.family = KvFamily::kMeta, .key = std::string(key), .value = value});
  };
  const std::string state = EncodeState(state_);
  put_meta(kStateKey, state);
  if (epoch_starts_changed_) {
    epoch_starts = EncodeEpochStarts(epoch_starts_);
    put_meta(kEpochStartsKey, epoch_starts);
  }
  if (voter_entries_changed_) {
    voter_entries = EncodeVoterEntries(voter_entries_);
    put_meta(kVoterEntriesKey, voter_entries);
  }
  if (!founding_voters.empty()) put_meta(kFoundingVotersKey, founding_voters);
  return kv_->WriteBatch(state_.write_id, puts_, /*sync=*/true);
}

// Writes nothing over the entries that are cut off: they lie beyond last_index, and the next ones
// to be appended overwrite them.
absl::Status LogAppender::TruncateAfter(LogIndex index) {
  CHECK_GE(index, state_.first_index - 1);
  CHECK_LE(index, state_.last_index);
  if (index == state_.last_index) return absl::OkStatus();
  if (index < state_.first_index) {
    last_entry_ = nullptr;
  } else {
    ASSIGN_OR_RETURN(last_entry_, EntryReader(kv_).ReadOne(index));
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

void LogAppender::Append(const raft::EntryPtr& entry) {
  if (last_entry_) {
    CHECK_OK(CheckFollows(*last_entry_, *entry));
  } else {
    CHECK_EQ(entry->index(), state_.first_index);
    CHECK_EQ(entry->header().base_offset, RecordOffset(0));
    CHECK_EQ(entry->header().prev_checksum, 0u);
  }
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
  last_entry_ = entry;
}

}  // namespace quorate::storage
