#include "raft/testing/memory_snapshots.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/byte_order.h"
#include "base/check.h"

namespace quorate::raft {
namespace {

// Where the frame of an entry holds its length (docs/storage_format.md).
constexpr size_t kFrameBytesAt = 8;

// A snapshot is a sequence of frames, then this.
constexpr std::string_view kFooter = "<end>";

absl::StatusOr<std::vector<EntryPtr>> ParseEntries(const std::string& bytes) {
  std::vector<EntryPtr> entries;
  for (size_t at = 0; at < bytes.size() - kFooter.size();) {
    const auto size = ReadLittleEndian<uint32_t>(bytes.data() + at + kFrameBytesAt);
    ASSIGN_OR_RETURN(EntryPtr entry, Entry::Parse(bytes.substr(at, size)));
    entries.push_back(std::move(entry));
    at += size;
  }
  return entries;
}

SnapshotMeta MetaOf(const std::vector<EntryPtr>& entries) {
  LogIndex voters_index;
  VoterSet voters;
  for (const EntryPtr& entry : entries) {
    if (entry->header().type != EntryType::kVoters) continue;
    voters_index = entry->index();
    voters = *VoterSet::Parse(entry->payload());
  }
  return SnapshotMeta::After(*entries.back(), voters_index, std::move(voters));
}

}  // namespace

SnapshotMeta MemorySnapshots::Save(const std::vector<EntryPtr>& entries) {
  CHECK(!entries.empty() && entries.front()->index() == LogIndex(1));
  Whole saved{.meta = MetaOf(entries)};
  for (const EntryPtr& entry : entries) saved.bytes += entry->encoded();
  saved.bytes += kFooter;
  newest_ = std::move(saved);
  return newest_->meta;
}

std::vector<EntryPtr> MemorySnapshots::Load() const { return *ParseEntries(newest_->bytes); }

std::optional<SnapshotMeta> MemorySnapshots::Newest() const {
  return newest_ ? std::optional(newest_->meta) : std::nullopt;
}

void MemorySnapshots::Read(SnapshotId id, int64_t position,
                           absl::AnyInvocable<void(absl::StatusOr<SnapshotPiece>) &&> done) {
  if (!newest_ || newest_->meta.id != id) {
    return std::move(done)(absl::NotFoundError("no such snapshot"));
  }
  if (position >= std::ssize(newest_->bytes)) {
    return std::move(done)(absl::OutOfRangeError("no piece begins there"));
  }
  std::move(done)(
      SnapshotPiece{.bytes = newest_->bytes.substr(static_cast<size_t>(position), piece_bytes_),
                    .total_bytes = std::ssize(newest_->bytes)});
}

void MemorySnapshots::Receive(SnapshotId id, int64_t position, std::string bytes,
                              absl::AnyInvocable<void(absl::StatusOr<ReceivedSnapshot>) &&> done) {
  if (newest_ && newest_->meta.id == id) {
    return std::move(done)(
        ReceivedSnapshot{.position = std::ssize(newest_->bytes), .complete = newest_->meta});
  }
  if (!partial_ || partial_->id != id) partial_ = Partial{.id = id, .bytes = ""};
  if (position == std::ssize(partial_->bytes)) partial_->bytes += bytes;
  ReceivedSnapshot received{.position = std::ssize(partial_->bytes)};
  if (partial_->bytes.ends_with(kFooter)) {
    const std::string whole = std::exchange(partial_, std::nullopt)->bytes;
    if (const auto entries = ParseEntries(whole); entries.ok() && MetaOf(*entries).id == id) {
      received.complete = Save(*entries);
    } else {
      received.position = 0;
    }
  }
  std::move(done)(std::move(received));
}

}  // namespace quorate::raft
