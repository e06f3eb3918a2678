#include "storage/log_recovery.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/entry_reader.h"
#include "storage/key_layout.h"

namespace quorate::storage {
namespace {

absl::Status Damaged(std::string_view what) { return absl::DataLossError(std::string(what)); }

// A store without a state row was never written to, so it must not hold anything else either.
absl::Status CheckEmpty(const KvStore& kv) {
  for (const std::string_view key :
       {kLogStartKey, kEpochStartsKey, kVoterEntriesKey, kFoundingVotersKey}) {
    ASSIGN_OR_RETURN(const std::optional<std::string> value, kv.Get(KvFamily::kMeta, key));
    if (value) return Damaged(absl::StrFormat("the log's state is missing, but %s is there", key));
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> entry,
                   kv.Get(KvFamily::kLog, LogKey(LogIndex(1))));
  if (entry) return Damaged("the log's state is missing, but its first entry is there");
  return absl::OkStatus();
}

absl::Status CheckFirst(const raft::RestoredLog& log, const raft::Entry& first) {
  return CheckFollows(log.start ? raft::LogEnd::Of(*log.start) : raft::LogEnd(), first);
}

// Follows the checksum chain back from the last entry, over kVerifiedTailBytes or to the first
// entry. Then checks the first entry against the log's start.
absl::Status VerifyTail(const EntryReader& reader, const raft::RestoredLog& log) {
  raft::EntryPtr oldest = log.last_entry;
  for (size_t bytes = 0; oldest->index() > log.first_index && bytes < kVerifiedTailBytes;) {
    // Estimates how many entries are left to read, as if all had the size of this one.
    const size_t rest = (kVerifiedTailBytes - bytes) / oldest->encoded().size();
    const int64_t chunk = std::clamp(static_cast<int64_t>(rest), int64_t{1}, kMaxEntriesAtOnce);
    const LogIndex to = oldest->index() - 1;
    ASSIGN_OR_RETURN(const std::vector<raft::EntryPtr> entries,
                     reader.ReadRange(std::max(log.first_index, to - (chunk - 1)), to,
                                      std::numeric_limits<size_t>::max()));
    RETURN_IF_ERROR(CheckFollows(raft::LogEnd::Of(*entries.back()), *oldest));
    for (const raft::EntryPtr& entry : entries) bytes += entry->encoded().size();
    oldest = entries.front();
  }
  if (oldest->index() == log.first_index) return CheckFirst(log, *oldest);
  ASSIGN_OR_RETURN(const raft::EntryPtr first, reader.ReadOne(log.first_index));
  return CheckFirst(log, *first);
}

absl::Status CheckEpochStarts(const raft::RestoredLog& log) {
  const EpochStarts& starts = log.epoch_starts;
  if (!log.has_entries()) {
    return starts.empty() ? absl::OkStatus() : Damaged("epoch starts of an empty log");
  }
  if (starts.empty() || starts.front().second != log.first_index ||
      starts.back().second > log.last_index || starts.back().first != log.last_entry->epoch()) {
    return Damaged(absl::StrFormat("epoch starts do not fit the log, which goes from %d to %d",
                                   log.first_index.value(), log.last_index.value()));
  }
  return absl::OkStatus();
}

// Returns what the log builds on. It must be there if the log does not begin at index 1.
absl::StatusOr<std::optional<raft::SnapshotMeta>> LoadLogStart(const KvStore& kv,
                                                               const LogState& state) {
  std::optional<raft::SnapshotMeta> start;
  ASSIGN_OR_RETURN(const std::optional<std::string> value, kv.Get(KvFamily::kMeta, kLogStartKey));
  if (value) {
    ASSIGN_OR_RETURN(start, ParseLogStart(*value));
  }
  const LogIndex end = start ? start->last_index : LogIndex(0);
  if (end + 1 != state.first_index) {
    return Damaged(absl::StrFormat("the log begins at %d, but builds on entry %d",
                                   state.first_index.value(), end.value()));
  }
  return start;
}

absl::StatusOr<EpochStarts> LoadEpochStarts(const KvStore& kv) {
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   kv.Get(KvFamily::kMeta, kEpochStartsKey));
  if (!value) return EpochStarts();
  return ParseEpochStarts(*value);
}

absl::StatusOr<std::vector<std::pair<LogIndex, raft::VoterSet>>> LoadVoterSets(
    const KvStore& kv, const EntryReader& reader, const LogState& state) {
  std::vector<std::pair<LogIndex, raft::VoterSet>> sets;
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   kv.Get(KvFamily::kMeta, kVoterEntriesKey));
  if (!value) return sets;
  ASSIGN_OR_RETURN(const std::vector<LogIndex> indexes, ParseVoterEntries(*value));
  for (const LogIndex index : indexes) {
    if (index < state.first_index || index > state.last_index) {
      return Damaged("a voters entry beyond the ends of the log");
    }
    ASSIGN_OR_RETURN(const raft::EntryPtr entry, reader.ReadOne(index));
    if (entry->header().type != raft::EntryType::kVoters) {
      return Damaged(absl::StrFormat("log entry %d is listed as a voters entry, but is not one",
                                     index.value()));
    }
    ASSIGN_OR_RETURN(raft::VoterSet set, raft::VoterSet::Parse(entry->payload()));
    sets.emplace_back(index, std::move(set));
  }
  return sets;
}

}  // namespace

absl::StatusOr<RecoveredLog> RecoverLog(const KvStore& kv) {
  RecoveredLog recovered;
  ASSIGN_OR_RETURN(const std::optional<std::string> state, kv.Get(KvFamily::kMeta, kStateKey));
  if (!state) {
    RETURN_IF_ERROR(CheckEmpty(kv));
    return recovered;
  }
  ASSIGN_OR_RETURN(recovered.state, ParseState(*state));

  raft::RestoredLog& log = recovered.restored;
  log.hard_state = recovered.state.hard_state;
  log.first_index = recovered.state.first_index;
  log.last_index = recovered.state.last_index;
  ASSIGN_OR_RETURN(log.start, LoadLogStart(kv, recovered.state));
  const EntryReader reader(&kv);
  if (log.has_entries()) {
    ASSIGN_OR_RETURN(log.last_entry, reader.ReadOne(log.last_index));
    RETURN_IF_ERROR(VerifyTail(reader, log));
  }
  ASSIGN_OR_RETURN(log.epoch_starts, LoadEpochStarts(kv));
  RETURN_IF_ERROR(CheckEpochStarts(log));
  ASSIGN_OR_RETURN(log.voter_sets, LoadVoterSets(kv, reader, recovered.state));
  ASSIGN_OR_RETURN(const std::optional<std::string> founding,
                   kv.Get(KvFamily::kMeta, kFoundingVotersKey));
  if (founding) {
    ASSIGN_OR_RETURN(log.founding_voters, ParseFoundingVoters(*founding));
  }
  return recovered;
}

}  // namespace quorate::storage
