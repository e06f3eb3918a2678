// Reads and verifies a log when its store is opened: its bounds, its epochs and voter sets by
// index, and the end of its checksum chain. Separate from the code that writes the log, which
// starts from this result.
#pragma once

#include "absl/status/statusor.h"
#include "raft/api/durable_log.h"
#include "storage/kv_store.h"
#include "storage/log_codec.h"

namespace quorate::storage {

// What RecoverLog returns: the state row, and the log as raft/ receives it.
struct RecoveredLog {
  LogState state;
  raft::RestoredLog restored;
};

// How many bytes of the checksum chain RecoverLog follows back from the log's end. Older entries
// are verified whenever they are read, and a starting node reads all of them.
inline constexpr size_t kVerifiedTailBytes = 4 << 20;

// Reads the log in `kv`. Returns DATA_LOSS, which names the first thing that is missing or damaged,
// if the log is not what was acknowledged. Then no part of the log may be used.
absl::StatusOr<RecoveredLog> RecoverLog(const KvStore& kv);

}  // namespace quorate::storage
