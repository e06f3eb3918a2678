// Encodes the values of the log's meta family. The watermark file shares the encoding of the state.
// docs/storage_format.md describes the byte layout, and golden bytes pin it. (Entries encode
// themselves: raft/api/entry.h.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/api/snapshot.h"
#include "raft/api/types.h"
#include "raft/api/voter_set.h"

namespace quorate::storage {

// The log's state, which every batch writes together with its entries.
struct LogState {
  // Counts the batches in the life of the directory. 0 if nothing was ever written.
  uint64_t write_id = 0;
  raft::HardState hard_state;
  // Bounds of the log, as in raft::RestoredLog. Entries beyond last_index were truncated.
  LogIndex first_index{1};
  LogIndex last_index{0};

  friend bool operator==(const LogState&, const LogState&) = default;
};

// (epoch, index of its first entry), ascending in both.
using EpochStarts = std::vector<std::pair<Epoch, LogIndex>>;

// Each Parse is strict: it returns DATA_LOSS for anything that its Encode does not write.
std::string EncodeState(const LogState& state);
absl::StatusOr<LogState> ParseState(std::string_view bytes);

std::string EncodeEpochStarts(const EpochStarts& starts);
absl::StatusOr<EpochStarts> ParseEpochStarts(std::string_view bytes);

// Indexes of the Voters entries, ascending.
std::string EncodeVoterEntries(const std::vector<LogIndex>& indexes);
absl::StatusOr<std::vector<LogIndex>> ParseVoterEntries(std::string_view bytes);

// The log's start: what a log builds on if its first entries are only in a snapshot.
std::string EncodeLogStart(const raft::SnapshotMeta& start);
absl::StatusOr<raft::SnapshotMeta> ParseLogStart(std::string_view bytes);

std::string EncodeFoundingVoters(const raft::VoterSet& voters);
absl::StatusOr<raft::VoterSet> ParseFoundingVoters(std::string_view bytes);

}  // namespace quorate::storage
