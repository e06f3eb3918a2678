// The way back when a majority of the voters is lost for good: the log of one survivor goes on with
// that survivor as its only voter. It breaks Raft's promise knowingly (what only the lost voters
// had acknowledged is gone), so a person must order it, and the log says who did and why.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "raft/log_end.h"
#include "raft/voter_set.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// The new epoch lies this far beyond the last one that the survivor knows: farther than the lost
// voters can have got without it, so that no (epoch, offset) ever names two different entries.
inline constexpr int32_t kRecoveryEpochGap = 100'000;

// The epoch in which the survivor goes on. One near the last that there are was told by somebody
// that meant no good (raft/types.h); then the log's own counts. FAILED_PRECONDITION: that one is
// near the last too.
absl::StatusOr<Epoch> RecoveryEpoch(const raft::RestoredLog& log);

// Of two survivors, the one with the better log is the one that Raft would elect (Raft §5.4.1):
// every entry that both may have acknowledged is in it.
bool HasBetterLog(const RecoveredLog& a, const RecoveredLog& b);

struct RecoveryOrder {
  // Who orders it.
  std::string principal;
  // Why; the cause of the entry quotes it.
  std::string reason;
  // Wall clock.
  int64_t now_ms = 0;
};

struct RecoveryResult {
  raft::VoterSet former_voters;
  // Where the log ended; all of it is kept, whether it had been committed or not.
  raft::LogEnd kept;
  // The entry that was appended.
  raft::EntryPtr entry;
};

// Appends a Voters entry of a new epoch that makes the owner of the data directory at `path` the
// only voter; durable once OK. Whatever fails, the log is as it was or recovered whole.
// FAILED_PRECONDITION: the directory is in use, or no controller's with a log and voters;
// DATA_LOSS: it is damaged, and no log to go on with.
absl::StatusOr<RecoveryResult> RecoverQuorum(const std::string& path, const RecoveryOrder& order);

}  // namespace quorate::storage
