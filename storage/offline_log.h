// The log of a controller that does not run, for tools: read as far as it can be read, verified as
// a whole, and never changed.
#pragma once

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/data_directory.h"
#include "storage/log_codec.h"
#include "storage/log_recovery.h"
#include "storage/rocksdb_kv.h"

namespace quorate::storage {

// Not thread-safe; blocks on the disk.
class OfflineLog {
 public:
  // Locks the data directory at `path` until it is destroyed. FAILED_PRECONDITION: it is in use, or
  // holds no controller's log; DATA_LOSS: so damaged that no entry can be found, with the remedy.
  static absl::StatusOr<std::unique_ptr<OfflineLog>> Open(const std::string& path);

  const DataDirectory& directory() const { return *directory_; }
  // As it was last written; its bounds are the log's.
  const LogState& state() const { return state_; }

  // Visits the entries from `from` to `to` (inclusive) as far as the log has them, each verified
  // alone and against the one before. DATA_LOSS names the first that is damaged or missing; those
  // before it were visited.
  using Visitor = absl::FunctionRef<void(const raft::Entry&)>;
  absl::Status Scan(LogIndex from, LogIndex to, Visitor visit) const;

  // All that a starting controller verifies, and each entry besides. DATA_LOSS: the first thing
  // that is wrong, with the remedy.
  absl::StatusOr<RecoveredLog> Verify() const;

 private:
  OfflineLog(std::unique_ptr<DataDirectory> directory, std::unique_ptr<RocksDbKv> kv,
             const LogState& state);

  const std::unique_ptr<DataDirectory> directory_;
  const std::unique_ptr<RocksDbKv> kv_;
  const LogState state_;
};

// What Verify checks, in the store of `directory`; without the remedy.
absl::StatusOr<RecoveredLog> VerifyWholeLog(const DataDirectory& directory, const KvStore& kv);

// The directory of a controller that has a log, locked.
absl::StatusOr<std::unique_ptr<DataDirectory>> OpenControllerDirectory(const std::string& path);

}  // namespace quorate::storage
