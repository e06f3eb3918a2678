// What a tool writes into the log of a controller that does not run: voters that no leader
// appended, and that nobody voted for. The entry says for ever who appointed them, and why.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "raft/durable_log.h"
#include "raft/log_end.h"
#include "raft/voter_set.h"
#include "storage/data_directory.h"
#include "storage/kv_store.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

struct Appointment {
  raft::VoterSet voters;
  // Above every one in which anything else may have been appended at these offsets.
  Epoch epoch;
  // Who orders it, and for what.
  std::string principal;
  std::string cause;
  // Wall clock.
  int64_t now_ms = 0;
};

// The Voters entry directly behind `end`. INVALID_ARGUMENT: principal and cause are endless.
absl::StatusOr<raft::EntryPtr> MakeVotersEntry(const raft::LogEnd& end, Appointment appointment);

// Applies `write` to the log in `kv`, which is as `recovered` says, and saves the watermark.
// Durable once OK; whatever fails, all of the write or nothing is in the log.
absl::Status WriteOffline(const DataDirectory& directory, KvStore* kv,
                          const RecoveredLog& recovered, const raft::LogWrite& write);

// "1,2,3"
std::string ToText(const std::vector<NodeId>& ids);

}  // namespace quorate::storage
