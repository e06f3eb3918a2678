// Turns the log's writes into one batch of its store. This is the only place that knows what an
// append, a cut at either end or a vote changes on disk.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "raft/api/durable_log.h"
#include "raft/api/log_end.h"
#include "storage/kv_store.h"
#include "storage/log_codec.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// Applies writes to the store and keeps the resulting state. Used only by the thread that writes.
class LogAppender {
 public:
  // `kv` must outlive the appender. Nothing else may write to it.
  LogAppender(KvStore* kv, const RecoveredLog& recovered);

  // Returns whether `write` must be the first write of an Apply. Such a write reads the entry at
  // which it cuts the log, so this entry must already be in the store.
  static bool Cuts(const raft::LogWrite& write) {
    return write.install_snapshot || write.truncate_after || write.drop_prefix;
  }

  // Applies the writes, in order, in one synced batch. After an error the appender must not be used
  // again. REQUIRES: only the first write Cuts; the entries of each write continue the log; no
  // truncation goes below the log's first index; entries that are dropped were applied by an
  // earlier call.
  absl::Status Apply(const std::vector<const raft::LogWrite*>& writes);

  // Returns the state as of the last successful Apply.
  const LogState& state() const { return state_; }

 private:
  void InstallSnapshot(const raft::SnapshotMeta& snapshot);
  absl::Status TruncateAfter(LogIndex index);
  absl::Status Append(const raft::EntryPtr& entry);
  absl::Status DropPrefix(LogIndex index);
  // Returns the voter set that governs at `index` of the log, and the index of its entry.
  absl::StatusOr<std::pair<LogIndex, raft::VoterSet>> VotersAt(LogIndex index) const;

  KvStore* const kv_;
  LogState state_;
  // Describes what precedes the first entry.
  std::optional<raft::SnapshotMeta> start_;
  raft::LogEnd end_;
  EpochStarts epoch_starts_;
  std::vector<LogIndex> voter_entries_;

  // The batch that is being built.
  std::vector<KvPut> puts_;
  bool start_changed_ = false;
  bool epoch_starts_changed_ = false;
  bool voter_entries_changed_ = false;
};

}  // namespace quorate::storage
