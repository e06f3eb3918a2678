// What a log's store holds when it is opened, verified: bounds, the epochs and voter sets index,
// the end of the checksum chain. Apart from the log's writing, which starts from its result.
#pragma once

#include "absl/status/statusor.h"
#include "raft/durable_log.h"
#include "storage/kv_store.h"
#include "storage/log_codec.h"

namespace quorate::storage {

struct RecoveredLog {
  LogState state;
  raft::RestoredLog restored;
};

// How far back from its end the checksum chain is followed at open. What lies before is verified
// whenever it is read, and a starting node reads all of it.
inline constexpr size_t kVerifiedTailBytes = 4 << 20;

// DATA_LOSS names the first thing that is missing or damaged: then the log is not what was
// acknowledged, and nothing of it may be used.
absl::StatusOr<RecoveredLog> RecoverLog(const KvStore& kv);

}  // namespace quorate::storage
