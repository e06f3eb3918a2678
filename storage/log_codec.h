// The values of the log's meta family, which the watermark file shares. Byte layout:
// docs/storage_format.md, pinned by golden bytes. (Entries encode themselves: raft/entry.h.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/snapshot.h"
#include "raft/types.h"
#include "raft/voter_set.h"

namespace quorate::storage {

// What every batch leaves behind, together with its entries.
struct LogState {
  // Counts the batches of the directory's life; 0: nothing was ever written.
  uint64_t write_id = 0;
  raft::HardState hard_state;
  // Bounds of the log, as in raft::RestoredLog. What lies beyond last_index was truncated.
  LogIndex first_index{1};
  LogIndex last_index{0};

  friend bool operator==(const LogState&, const LogState&) = default;
};

// (epoch, index of its first entry), ascending in both.
using EpochStarts = std::vector<std::pair<Epoch, LogIndex>>;

// Each Parse is strict: DATA_LOSS for anything that its Encode does not write.
std::string EncodeState(const LogState& state);
absl::StatusOr<LogState> ParseState(std::string_view bytes);

std::string EncodeEpochStarts(const EpochStarts& starts);
absl::StatusOr<EpochStarts> ParseEpochStarts(std::string_view bytes);

// Indexes of the Voters entries, ascending.
std::string EncodeVoterEntries(const std::vector<LogIndex>& indexes);
absl::StatusOr<std::vector<LogIndex>> ParseVoterEntries(std::string_view bytes);

// What a log builds on whose first entries are in a snapshot alone.
std::string EncodeLogStart(const raft::SnapshotMeta& start);
absl::StatusOr<raft::SnapshotMeta> ParseLogStart(std::string_view bytes);

std::string EncodeFoundingVoters(const raft::VoterSet& voters);
absl::StatusOr<raft::VoterSet> ParseFoundingVoters(std::string_view bytes);

}  // namespace quorate::storage
