// Turns the log's writes into one batch of its store: the only place that knows what an append, a
// cut at either end or a vote changes on disk.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "raft/durable_log.h"
#include "raft/log_end.h"
#include "storage/kv_store.h"
#include "storage/log_codec.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// Used by the one thread that writes.
class LogAppender {
 public:
  // `kv` must outlive it and be written by nobody else.
  LogAppender(KvStore* kv, const RecoveredLog& recovered);

  // Whether the write can only be the first of an Apply: it reads what it cuts the log at, which
  // must be in the store by then.
  static bool Cuts(const raft::LogWrite& write) {
    return write.install_snapshot || write.truncate_after || write.drop_prefix;
  }

  // Applies the writes, in order, in one synced batch. After an error the appender is dead.
  // REQUIRES: only the first one Cuts; what a write appends continues what it is appended to; no
  // truncation goes below the log's first index; entries that are dropped were applied before.
  absl::Status Apply(const std::vector<const raft::LogWrite*>& writes);

  // As of the last successful Apply.
  const LogState& state() const { return state_; }

 private:
  void InstallSnapshot(const raft::SnapshotMeta& snapshot);
  absl::Status TruncateAfter(LogIndex index);
  absl::Status Append(const raft::EntryPtr& entry);
  absl::Status DropPrefix(LogIndex index);
  // The voter set that governs at `index` of the log, and the index of its entry.
  absl::StatusOr<std::pair<LogIndex, raft::VoterSet>> VotersAt(LogIndex index) const;

  KvStore* const kv_;
  LogState state_;
  // What precedes the first entry.
  std::optional<raft::SnapshotMeta> start_;
  raft::LogEnd end_;
  EpochStarts epoch_starts_;
  std::vector<LogIndex> voter_entries_;

  // The batch in the making.
  std::vector<KvPut> puts_;
  bool start_changed_ = false;
  bool epoch_starts_changed_ = false;
  bool voter_entries_changed_ = false;
};

}  // namespace quorate::storage
