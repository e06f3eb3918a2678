// Turns the log's writes into one batch of its store: the only place that knows what an append, a
// truncation or a vote changes on disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "raft/durable_log.h"
#include "storage/kv_store.h"
#include "storage/log_codec.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// Used by the one thread that writes.
class LogAppender {
 public:
  // `kv` must outlive it and be written by nobody else.
  LogAppender(KvStore* kv, const RecoveredLog& recovered);

  // Applies the writes, in order, in one synced batch. After an error the appender is dead.
  // REQUIRES: only the first one truncates; what a write appends continues what it is appended to;
  // no truncation goes below the log's first index.
  absl::Status Apply(const std::vector<const raft::LogWrite*>& writes);

  // As of the last successful Apply.
  const LogState& state() const { return state_; }

 private:
  absl::Status TruncateAfter(LogIndex index);
  void Append(const raft::EntryPtr& entry);

  KvStore* const kv_;
  LogState state_;
  raft::EntryPtr last_entry_;  // null: the log is empty
  EpochStarts epoch_starts_;
  std::vector<LogIndex> voter_entries_;

  // The batch in the making.
  std::vector<KvPut> puts_;
  bool epoch_starts_changed_ = false;
  bool voter_entries_changed_ = false;
};

}  // namespace quorate::storage
