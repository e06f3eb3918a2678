#include "storage/entry_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/key_layout.h"

namespace quorate::storage {
namespace {

absl::Status Damaged(LogIndex index, std::string_view what) {
  return absl::DataLossError(absl::StrFormat("log entry %d: %s", index.value(), what));
}

absl::StatusOr<raft::EntryPtr> ParseAt(LogIndex index, std::optional<std::string> value) {
  if (!value) return Damaged(index, "missing");
  absl::StatusOr<raft::EntryPtr> entry = raft::Entry::Parse(*std::move(value));
  if (!entry.ok()) return Damaged(index, std::string(entry.status().message()));
  if ((*entry)->index() != index) {
    return Damaged(index, absl::StrFormat("holds entry %d", (*entry)->index().value()));
  }
  return entry;
}

}  // namespace

absl::Status CheckFollows(const raft::LogEnd& end, const raft::Entry& next) {
  const raft::EntryHeader& header = next.header();
  if (header.index != end.index + 1 || header.base_offset != end.offset ||
      header.epoch < end.epoch) {
    return Damaged(next.index(),
                   absl::StrFormat("index, offset %d and epoch %d do not continue entry %d, which "
                                   "ends at offset %d in epoch %d",
                                   header.base_offset.value(), header.epoch.value(),
                                   end.index.value(), end.offset.value(), end.epoch.value()));
  }
  if (header.prev_checksum != end.checksum) {
    return Damaged(next.index(),
                   absl::StrFormat("was appended after an entry with checksum %016x, but the "
                                   "one before it has %016x",
                                   header.prev_checksum, end.checksum));
  }
  return absl::OkStatus();
}

absl::StatusOr<raft::EntryPtr> EntryReader::ReadOne(LogIndex index) const {
  absl::StatusOr<std::optional<std::string>> value = kv_->Get(KvFamily::kLog, LogKey(index));
  if (!value.ok()) return Damaged(index, std::string(value.status().message()));
  return ParseAt(index, *std::move(value));
}

absl::StatusOr<std::vector<raft::EntryPtr>> EntryReader::ReadRange(LogIndex from, LogIndex to,
                                                                   size_t max_bytes) const {
  CHECK_LE(from, to);
  std::vector<raft::EntryPtr> entries;
  size_t bytes = 0;
  for (int64_t chunk = kMaxEntriesAtOnce; from <= to;) {
    std::vector<std::string> keys;
    for (LogIndex index = from; index <= to && std::ssize(keys) < chunk; ++index) {
      keys.push_back(LogKey(index));
    }
    auto values = kv_->MultiGet(KvFamily::kLog, keys);
    if (!values.ok()) return Damaged(from, std::string(values.status().message()));
    for (std::optional<std::string>& value : *values) {
      ASSIGN_OR_RETURN(raft::EntryPtr entry, ParseAt(from, std::move(value)));
      if (!entries.empty())
        RETURN_IF_ERROR(CheckFollows(raft::LogEnd::Of(*entries.back()), *entry));
      bytes += entry->encoded().size();
      if (!entries.empty() && bytes > max_bytes) return entries;
      entries.push_back(std::move(entry));
      ++from;
    }
    if (bytes >= max_bytes) break;
    // Estimates how many more entries fit, from the average size of those before.
    const size_t average = bytes / entries.size();
    chunk = std::clamp(static_cast<int64_t>((max_bytes - bytes) / average), int64_t{1},
                       kMaxEntriesAtOnce);
  }
  return entries;
}

}  // namespace quorate::storage
