#include "storage/snapshot_receiver.h"

#include <optional>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/snapshot_names.h"
#include "storage/snapshot_reader.h"

namespace quorate::storage {

SnapshotReceiver::SnapshotReceiver(SnapshotFiles* files, const raft::SnapshotId& id)
    : files_(files), id_(id), name_(ReceivingName(id)) {}

absl::StatusOr<SnapshotReceiver> SnapshotReceiver::Open(SnapshotFiles* files,
                                                        const raft::SnapshotId& id) {
  SnapshotReceiver receiver(files, id);
  RETURN_IF_ERROR(receiver.Resume());
  return receiver;
}

absl::Status SnapshotReceiver::Resume() {
  ASSIGN_OR_RETURN(const std::optional<uint64_t> size, files_->Size(name_));
  while (!is_complete() && position() < size.value_or(0)) {
    const absl::StatusOr<std::string> frame = ReadFrame(*files_, name_, position());
    if (!frame.ok() && !absl::IsDataLoss(frame.status())) return frame.status();
    if (!frame.ok() || !Verify(*frame).ok()) break;
  }
  if (position() < size.value_or(0)) RETURN_IF_ERROR(files_->Truncate(name_, position()));
  return absl::OkStatus();
}

absl::Status SnapshotReceiver::Add(FilePosition position, std::string_view frame) {
  if (position != this->position()) {
    return absl::OutOfRangeError(absl::StrFormat("%s: a frame at byte %d, but the next is at %d",
                                                 name_, position, this->position()));
  }
  RETURN_IF_ERROR(CheckFrame(position, frame));
  if (absl::Status status = Verify(frame); !status.ok()) {
    RETURN_IF_ERROR(files_->Remove(name_));
    return status;
  }
  return files_->Append(name_, frame);
}

absl::Status SnapshotReceiver::Verify(std::string_view frame) {
  absl::Status status = verifier_.Add(frame).status();
  if (status.ok() && verifier_.meta().id != id_) {
    status = absl::DataLossError(
        absl::StrFormat("the header is that of %s", SnapshotName(verifier_.meta().id)));
  }
  if (status.ok()) return status;
  verifier_ = SnapshotVerifier();
  return absl::Status(status.code(),
                      absl::StrFormat("%s: %s", name_, std::string(status.message())));
}

absl::StatusOr<raft::SnapshotMeta> SnapshotReceiver::Finish() {
  CHECK(is_complete());
  RETURN_IF_ERROR(files_->Sync(name_));
  RETURN_IF_ERROR(files_->Rename(name_, SnapshotName(id_)));
  return verifier_.meta();
}

}  // namespace quorate::storage
