// The log of a stopped controller, for tools. It is read as far as possible, verified as a whole,
// and never changed.
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

// Reads the log of a stopped controller. Not thread-safe; blocks on the disk.
class OfflineLog {
 public:
  // Locks the data directory at `path` until this object is destroyed. Returns FAILED_PRECONDITION
  // if the directory is in use or holds no controller's log. Returns DATA_LOSS, with the remedy, if
  // it is so damaged that no entry can be found.
  static absl::StatusOr<std::unique_ptr<OfflineLog>> Open(const std::string& path);

  const DataDirectory& directory() const { return *directory_; }
  // Returns the state as it was last written. Its bounds are those of the log.
  const LogState& state() const { return state_; }

  // Visits the entries from `from` to `to` (inclusive), as far as the log has them. Verifies each
  // entry alone and against the one before. Returns DATA_LOSS, which names the first entry that is
  // damaged or missing; the entries before it were visited.
  using Visitor = absl::FunctionRef<void(const raft::Entry&)>;
  absl::Status Scan(LogIndex from, LogIndex to, Visitor visit) const;

  // Verifies everything that a starting controller verifies, and every entry. Returns DATA_LOSS,
  // with the remedy, for the first thing that is wrong.
  absl::StatusOr<RecoveredLog> Verify() const;

 private:
  OfflineLog(std::unique_ptr<DataDirectory> directory, std::unique_ptr<RocksDbKv> kv,
             const LogState& state);

  const std::unique_ptr<DataDirectory> directory_;
  const std::unique_ptr<RocksDbKv> kv_;
  const LogState state_;
};

// Checks the same as OfflineLog::Verify, in the store of `directory`. Its errors lack the remedy.
absl::StatusOr<RecoveredLog> VerifyWholeLog(const DataDirectory& directory, const KvStore& kv);

// Locks the directory of a controller that has a log. Returns FAILED_PRECONDITION if it has none,
// and the errors of DataDirectory::OpenExisting.
absl::StatusOr<std::unique_ptr<DataDirectory>> OpenControllerDirectory(const std::string& path);

}  // namespace quorate::storage
