#include "storage/offline_log.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/data_loss.h"
#include "storage/entry_reader.h"
#include "storage/key_layout.h"
#include "storage/loss_watermark.h"

namespace quorate::storage {
namespace {

// How much of the log is in memory at a time.
constexpr size_t kChunkBytes = 4 << 20;

absl::StatusOr<LogState> LoadState(const KvStore& kv) {
  ASSIGN_OR_RETURN(const std::optional<std::string> state, kv.Get(KvFamily::kMeta, kStateKey));
  if (!state) return LogState();
  return ParseState(*state);
}

absl::Status VisitEntries(const KvStore& kv, LogIndex from, LogIndex to,
                          OfflineLog::Visitor visit) {
  const EntryReader reader(&kv);
  raft::EntryPtr previous;
  // A damaged entry fails the read of its whole range. Then reads one entry at a time, up to the
  // damaged one.
  bool singly = false;
  while (from <= to) {
    const absl::StatusOr<std::vector<raft::EntryPtr>> entries =
        reader.ReadRange(from, singly ? from : to, kChunkBytes);
    if (!entries.ok() && !singly) {
      singly = true;
      continue;
    }
    RETURN_IF_ERROR(entries.status());
    for (const raft::EntryPtr& entry : *entries) {
      if (previous) RETURN_IF_ERROR(CheckFollows(raft::LogEnd::Of(*previous), *entry));
      visit(*entry);
      previous = entry;
    }
    from = previous->index() + 1;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> OpenControllerDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<DataDirectory> directory, DataDirectory::OpenExisting(path));
  if (directory->owner().role != Role::kController || !directory->is_formatted()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("data directory %s holds no controller's log", path));
  }
  return directory;
}

absl::StatusOr<RecoveredLog> VerifyWholeLog(const DataDirectory& directory, const KvStore& kv) {
  ASSIGN_OR_RETURN(const std::optional<LogState> watermark,
                   LossWatermarkFile(directory.LossWatermarkPath()).Load());
  // Verifies each entry first, in order, so that an error names the entry where the damage begins.
  ASSIGN_OR_RETURN(const LogState state, LoadState(kv));
  RETURN_IF_ERROR(
      VisitEntries(kv, state.first_index, state.last_index, [](const raft::Entry& /*entry*/) {}));
  ASSIGN_OR_RETURN(RecoveredLog recovered, RecoverLog(kv));
  if (watermark) RETURN_IF_ERROR(CheckAgainstLossWatermark(recovered.state, *watermark));
  return recovered;
}

OfflineLog::OfflineLog(std::unique_ptr<DataDirectory> directory, std::unique_ptr<RocksDbKv> kv,
                       const LogState& state)
    : directory_(std::move(directory)), kv_(std::move(kv)), state_(state) {}

absl::StatusOr<std::unique_ptr<OfflineLog>> OfflineLog::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<DataDirectory> directory, OpenControllerDirectory(path));
  absl::StatusOr<std::unique_ptr<RocksDbKv>> kv =
      RocksDbKv::Open({.path = directory->LogPath(), .read_only = true});
  if (!kv.ok()) return ExplainLoss(*directory, kv.status());
  const absl::StatusOr<LogState> state = LoadState(**kv);
  if (!state.ok()) return ExplainLoss(*directory, state.status());
  return std::unique_ptr<OfflineLog>(new OfflineLog(std::move(directory), *std::move(kv), *state));
}

absl::Status OfflineLog::Scan(LogIndex from, LogIndex to, Visitor visit) const {
  return VisitEntries(*kv_, std::max(from, state_.first_index), std::min(to, state_.last_index),
                      visit);
}

absl::StatusOr<RecoveredLog> OfflineLog::Verify() const {
  absl::StatusOr<RecoveredLog> recovered = VerifyWholeLog(*directory_, *kv_);
  if (!recovered.ok()) return ExplainLoss(*directory_, recovered.status());
  return recovered;
}

}  // namespace quorate::storage
