#include "storage/snapshot_names.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/snapshot_reader.h"

namespace quorate::storage {
namespace {

constexpr std::string_view kSuffix = ".snapshot";
constexpr std::string_view kWritingSuffix = ".writing";
constexpr std::string_view kReceivingSuffix = ".receiving";
constexpr size_t kOffsetDigits = 20;
constexpr size_t kEpochDigits = 10;
constexpr size_t kKept = 3;

// Returns the id of a complete or an unfinished snapshot, or nullopt for any other name.
std::optional<raft::SnapshotId> IdOf(std::string_view name) {
  for (const std::string_view suffix : {kWritingSuffix, kReceivingSuffix}) {
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  }
  return ParseSnapshotName(name);
}

}  // namespace

std::string SnapshotName(const raft::SnapshotId& id) {
  return absl::StrFormat("%0*d-%0*d%s", kOffsetDigits, id.end_offset.value(), kEpochDigits,
                         id.epoch.value(), kSuffix);
}

std::string WritingName(const raft::SnapshotId& id) { return WritingName(SnapshotName(id)); }

std::string WritingName(const std::string& complete) {
  return complete + std::string(kWritingSuffix);
}

std::string ReceivingName(const raft::SnapshotId& id) {
  return SnapshotName(id).append(kReceivingSuffix);
}

std::optional<raft::SnapshotId> ParseSnapshotName(std::string_view name) {
  int64_t end_offset = 0;
  int32_t epoch = 0;
  if (name.size() != kOffsetDigits + 1 + kEpochDigits + kSuffix.size()) return std::nullopt;
  const std::string offset_text(name.substr(0, kOffsetDigits));
  const std::string epoch_text(name.substr(kOffsetDigits + 1, kEpochDigits));
  if (!absl::SimpleAtoi(offset_text, &end_offset) || !absl::SimpleAtoi(epoch_text, &epoch)) {
    return std::nullopt;
  }
  const raft::SnapshotId id = {.end_offset = RecordOffset(end_offset), .epoch = Epoch(epoch)};
  if (end_offset < 0 || epoch < 0 || SnapshotName(id) != name) return std::nullopt;
  return id;
}

absl::StatusOr<std::vector<raft::SnapshotId>> ListSnapshots(const SnapshotFiles& files) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List());
  std::vector<raft::SnapshotId> ids;
  for (const std::string& name : names) {
    if (const auto id = ParseSnapshotName(name)) ids.push_back(*id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<std::optional<raft::SnapshotMeta>> FindNewestSnapshot(const SnapshotFiles& files,
                                                                     SnapshotRead read) {
  ASSIGN_OR_RETURN(std::vector<raft::SnapshotId> ids, ListSnapshots(files));
  for (; !ids.empty(); ids.pop_back()) {
    absl::StatusOr<SnapshotReader> reader = SnapshotReader::Open(&files, ids.back());
    const absl::Status status = reader.ok() ? read(*reader) : reader.status();
    if (status.ok()) return std::optional(reader->meta());
    LOG(ERROR) << "cannot use " << SnapshotName(ids.back()) << ": " << status.message();
    // A newer program wrote it. Nothing is lost, and its older snapshots are unreadable too.
    if (absl::IsUnimplemented(status) || absl::IsFailedPrecondition(status)) return status;
  }
  return std::optional<raft::SnapshotMeta>();
}

absl::Status RemoveOldSnapshots(SnapshotFiles& files) {
  ASSIGN_OR_RETURN(const std::vector<raft::SnapshotId> ids, ListSnapshots(files));
  if (ids.empty()) return absl::OkStatus();
  const raft::SnapshotId oldest_kept = ids[ids.size() - std::min(ids.size(), kKept)];
  ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List());
  for (const std::string& name : names) {
    const std::optional<raft::SnapshotId> id = IdOf(name);
    if (!id) continue;
    const bool is_complete = ParseSnapshotName(name).has_value();
    if (is_complete ? *id < oldest_kept : *id <= ids.back()) RETURN_IF_ERROR(files.Remove(name));
  }
  return absl::OkStatus();
}

}  // namespace quorate::storage
