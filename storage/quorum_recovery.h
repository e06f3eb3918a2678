// Recovery from the permanent loss of a majority of the voters: the log of one survivor continues
// with that survivor as its only voter. This knowingly breaks Raft's guarantee, because entries
// that only the lost voters had acknowledged are gone. So a person must order it, and the log
// records who did and why.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "raft/api/log_end.h"
#include "raft/api/voter_set.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// The new epoch is this far above the last one that the survivor knows. The lost voters cannot have
// advanced that far without the survivor, so no (epoch, offset) ever identifies two different
// entries. Example: a survivor in epoch 7 continues in epoch 100,007, and lost voters that went on
// to epoch 9 do not collide with it.
inline constexpr int32_t kRecoveryEpochGap = 100'000;

// Returns the epoch in which the survivor continues. If the highest epoch that it knows is close to
// raft::kMaxEpoch, a faulty or malicious peer sent it (raft/api/types.h), and the epoch of the last
// entry counts instead. Returns FAILED_PRECONDITION if that epoch is close to the maximum too.
absl::StatusOr<Epoch> RecoveryEpoch(const raft::RestoredLog& log);

// Returns whether survivor `a` has a better log than survivor `b`, by the rule that Raft uses in
// elections (Raft §5.4.1). The better log holds every entry that both may have acknowledged.
bool HasBetterLog(const RecoveredLog& a, const RecoveredLog& b);

struct RecoveryOrder {
  // The person who orders the recovery.
  std::string principal;
  // The reason, which the cause of the entry quotes.
  std::string reason;
  // Wall-clock time.
  int64_t now_ms = 0;
};

struct RecoveryResult {
  raft::VoterSet former_voters;
  // Where the log ended. All of it is kept, whether it was committed or not.
  raft::LogEnd kept;
  // The entry that was appended.
  raft::EntryPtr entry;
};

// Appends a Voters entry of a new epoch that makes the owner of the data directory at `path` the
// only voter. Durable once it returns OK. After an error, the log is unchanged or completely
// recovered. Returns FAILED_PRECONDITION if the directory is in use, or is not that of a controller
// with a log and voters. Returns DATA_LOSS if the log is damaged, so that no quorum can continue
// from it.
absl::StatusOr<RecoveryResult> RecoverQuorum(const std::string& path, const RecoveryOrder& order);

}  // namespace quorate::storage
