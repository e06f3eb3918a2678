#include "storage/file_snapshot_store.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/failpoint.h"

namespace quorate::storage {

absl::StatusOr<std::unique_ptr<FileSnapshotStore>> FileSnapshotStore::Open(SnapshotFiles* files,
                                                                           Executor* executor,
                                                                           SnapshotRead read) {
  ASSIGN_OR_RETURN(std::optional<raft::SnapshotMeta> newest, FindNewestSnapshot(*files, read));
  return std::unique_ptr<FileSnapshotStore>(
      new FileSnapshotStore(files, executor, std::move(newest)));
}

void FileSnapshotStore::Add(const raft::SnapshotMeta& meta) {
  {
    const MutexLock lock(&mutex_);
    if (!newest_ || newest_->id < meta.id) newest_ = meta;
  }
  const absl::Status removed = RemoveOldSnapshots(*files_);
  LOG_IF(WARNING, !removed.ok()) << "cannot remove old snapshots: " << removed.message();
}

std::optional<raft::SnapshotMeta> FileSnapshotStore::Newest() const {
  const MutexLock lock(&mutex_);
  return newest_;
}

absl::StatusOr<SnapshotReader> FileSnapshotStore::OpenReader(const raft::SnapshotId& id) const {
  return SnapshotReader::Open(files_, id);
}

absl::StatusOr<int64_t> FileSnapshotStore::SizeOf(const raft::SnapshotId& id) const {
  ASSIGN_OR_RETURN(const SnapshotReader reader, SnapshotReader::Open(files_, id));
  return static_cast<int64_t>(reader.size());
}

void FileSnapshotStore::List(
    absl::AnyInvocable<void(absl::StatusOr<std::vector<raft::SnapshotId>>) &&> done) {
  executor_->Post(
      [this, done = std::move(done)]() mutable { std::move(done)(ListSnapshots(*files_)); });
}

void FileSnapshotStore::ReadChunk(raft::SnapshotId id, FilePosition position,
                                  absl::AnyInvocable<void(absl::StatusOr<ContentChunk>) &&> done) {
  executor_->Post([this, id, position, done = std::move(done)]() mutable {
    std::move(done)(ReadChunkNow(id, position));
  });
}

absl::StatusOr<ContentChunk> FileSnapshotStore::ReadChunkNow(const raft::SnapshotId& id,
                                                             FilePosition position) const {
  ASSIGN_OR_RETURN(const SnapshotReader reader, SnapshotReader::Open(files_, id));
  if (position == 0) {
    ASSIGN_OR_RETURN(const std::string header, reader.ReadFrame(0));
    position = header.size();
  }
  ASSIGN_OR_RETURN(const std::string frame, reader.ReadFrame(position));
  const std::optional<std::string_view> data = ChunkOf(frame);
  if (!data) {
    return absl::DataLossError(
        absl::StrFormat("snapshot %s: no chunk at byte %d", SnapshotName(id), position));
  }
  const FilePosition next = position + frame.size();
  return ContentChunk{.id = id,
                      .position = position,
                      .next_position = next,
                      .data = std::string(*data),
                      .is_last = next + kFooterFrameBytes == reader.size()};
}

void FileSnapshotStore::Read(
    raft::SnapshotId id, int64_t position,
    absl::AnyInvocable<void(absl::StatusOr<raft::SnapshotPiece>) &&> done) {
  executor_->Post([this, id, position, done = std::move(done)]() mutable {
    std::move(done)(ReadNow(id, static_cast<FilePosition>(position)));
  });
}

absl::StatusOr<raft::SnapshotPiece> FileSnapshotStore::ReadNow(const raft::SnapshotId& id,
                                                               FilePosition position) const {
  ASSIGN_OR_RETURN(const SnapshotReader reader, SnapshotReader::Open(files_, id));
  absl::StatusOr<std::string> frame = reader.ReadFrame(position);
  if (absl::IsDataLoss(frame.status())) {
    // The position comes from the peer. A wrong one must not pass for damage of the file.
    ASSIGN_OR_RETURN(const bool has_frame, reader.HasFrameAt(position));
    if (!has_frame) {
      return absl::OutOfRangeError(
          absl::StrFormat("snapshot %s: no piece begins at byte %d", SnapshotName(id), position));
    }
  }
  RETURN_IF_ERROR(frame.status());
  return raft::SnapshotPiece{.bytes = *std::move(frame),
                             .total_bytes = static_cast<int64_t>(reader.size())};
}

void FileSnapshotStore::Receive(
    raft::SnapshotId id, int64_t position, std::string bytes,
    absl::AnyInvocable<void(absl::StatusOr<raft::ReceivedSnapshot>) &&> done) {
  executor_->Post([this, id, position, bytes = std::move(bytes), done = std::move(done)]() mutable {
    std::move(done)(ReceiveNow(id, static_cast<FilePosition>(position), bytes));
  });
}

absl::StatusOr<raft::ReceivedSnapshot> FileSnapshotStore::ReceiveNow(const raft::SnapshotId& id,
                                                                     FilePosition position,
                                                                     std::string_view bytes) {
  if (const auto newest = Newest(); newest && newest->id == id) {
    ASSIGN_OR_RETURN(const int64_t size, SizeOf(id));
    return raft::ReceivedSnapshot{.position = size, .complete = newest};
  }
  RETURN_IF_ERROR(OpenReceiver(id));
  const absl::Status added = bytes.empty() ? absl::OkStatus() : receiver_->Add(position, bytes);
  if (!bytes.empty()) RETURN_IF_ERROR(Failpoint("storage.after_receive"));
  raft::ReceivedSnapshot received{.position = static_cast<int64_t>(receiver_->position())};
  if (absl::IsResourceExhausted(added)) {
    // No data is lost that the log needs. The sender tries again until there is room.
    LOG(ERROR) << "cannot receive a snapshot: " << added.message();
    receiver_.reset();
    ASSIGN_OR_RETURN(receiver_, SnapshotReceiver::Open(files_, id));
    received.position = static_cast<int64_t>(receiver_->position());
    return received;
  }
  // The piece is damaged, of another snapshot or of a newer program. The position in the answer
  // tells the sender that it was not added.
  const bool refused = absl::IsDataLoss(added) || absl::IsFailedPrecondition(added);
  if (refused) LOG(ERROR) << "refused a piece of a snapshot: " << added.message();
  if (!added.ok() && !refused && !absl::IsOutOfRange(added)) return added;
  if (added.ok()) metrics_.received_bytes.Add(bytes.size());
  if (receiver_->is_complete()) {
    ASSIGN_OR_RETURN(received.complete, receiver_->Finish());
    receiver_.reset();
    metrics_.received.Add();
    LOG(INFO) << "received the snapshot of offset " << id.end_offset << ", epoch " << id.epoch;
    Add(*received.complete);
  }
  return received;
}

absl::Status FileSnapshotStore::OpenReceiver(const raft::SnapshotId& id) {
  if (receiver_ && receiver_->id() == id) return absl::OkStatus();
  if (receiver_) RETURN_IF_ERROR(files_->Remove(ReceivingName(receiver_->id())));
  receiver_.reset();
  ASSIGN_OR_RETURN(receiver_, SnapshotReceiver::Open(files_, id));
  LOG(INFO) << "receiving the snapshot of offset " << id.end_offset << ", epoch " << id.epoch
            << ", starting at byte " << receiver_->position();
  return absl::OkStatus();
}

}  // namespace quorate::storage
