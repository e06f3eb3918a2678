#include "storage/snapshot_writer.h"

#include <utility>

#include "base/check.h"
#include "storage/snapshot_names.h"

namespace quorate::storage {
namespace {

// The file is synced each time it has grown by this much, so that the last sync does not flood the
// disk on which the log is synced.
constexpr FilePosition kSyncBytes = 4 << 20;

}  // namespace

SnapshotWriter::SnapshotWriter(SnapshotFiles* files, const raft::SnapshotMeta& meta)
    : SnapshotWriter(files, meta, SnapshotName(meta.id)) {}

SnapshotWriter::SnapshotWriter(SnapshotFiles* files, raft::SnapshotMeta meta, std::string name)
    : files_(files),
      meta_(std::move(meta)),
      name_(std::move(name)),
      temporary_name_(WritingName(name_)) {}

SnapshotWriter::~SnapshotWriter() {
  if (is_finished_ || size() == 0) return;
  const absl::Status removed = files_->Remove(temporary_name_);
  if (!removed.ok()) LOG(WARNING) << removed.message();
}

absl::Status SnapshotWriter::Append(std::string_view chunk) {
  if (size() == 0) {
    RETURN_IF_ERROR(files_->Remove(temporary_name_));
    RETURN_IF_ERROR(Write(EncodeHeaderFrame(meta_)));
  }
  return Write(EncodeChunkFrame(size(), chunk));
}

absl::Status SnapshotWriter::Finish() {
  CHECK_GT(size(), 0u) << "a snapshot without content";
  RETURN_IF_ERROR(Write(EncodeFooterFrame(hash_)));
  RETURN_IF_ERROR(files_->Sync(temporary_name_));
  RETURN_IF_ERROR(files_->Rename(temporary_name_, name_));
  is_finished_ = true;
  return absl::OkStatus();
}

absl::Status SnapshotWriter::Write(std::string_view frame) {
  // Counts the frame even if the append fails, because some of it may be in the file.
  hash_.Add(frame);
  RETURN_IF_ERROR(files_->Append(temporary_name_, frame));
  if (size() - synced_ < kSyncBytes) return absl::OkStatus();
  synced_ = size();
  return files_->Sync(temporary_name_);
}

}  // namespace quorate::storage
