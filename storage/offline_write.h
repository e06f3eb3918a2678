// What a tool writes into the log of a stopped controller: a voter set that no leader appended and
// no majority accepted. Its entry records permanently who appointed the voters, and why.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "raft/api/durable_log.h"
#include "raft/api/log_end.h"
#include "raft/api/voter_set.h"
#include "storage/data_directory.h"
#include "storage/kv_store.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// The voters that an operator appoints.
struct Appointment {
  raft::VoterSet voters;
  // Above every epoch in which anything else may have been appended at these offsets.
  Epoch epoch;
  // Who appoints the voters, and why.
  std::string principal;
  std::string cause;
  // Wall-clock time.
  int64_t now_ms = 0;
};

// Returns the Voters entry directly after `end`, or INVALID_ARGUMENT if principal and cause are too
// long.
absl::StatusOr<raft::EntryPtr> MakeVotersEntry(const raft::LogEnd& end, Appointment appointment);

// Applies `write` to the log in `kv`, whose contents are `recovered`, and saves the watermark.
// Durable once it returns OK. After an error, the log holds all of the write or none of it.
absl::Status WriteOffline(const DataDirectory& directory, KvStore* kv,
                          const RecoveredLog& recovered, const raft::LogWrite& write);

// Returns the ids as "1,2,3".
std::string ToText(const std::vector<NodeId>& ids);

}  // namespace quorate::storage
