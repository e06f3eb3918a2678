#include "storage/snapshot_reader.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/snapshot_names.h"

namespace quorate::storage {

absl::StatusOr<std::string> ReadFrame(const SnapshotFiles& files, const std::string& name,
                                      FilePosition position) {
  ASSIGN_OR_RETURN(const std::string head, files.Read(name, position, kFrameHeadBytes));
  ASSIGN_OR_RETURN(const size_t bytes, FrameBytes(position, head));
  ASSIGN_OR_RETURN(std::string frame, files.Read(name, position, bytes));
  RETURN_IF_ERROR(CheckFrame(position, frame));
  return frame;
}

absl::StatusOr<SnapshotReader> SnapshotReader::Open(const SnapshotFiles* files,
                                                    const raft::SnapshotId& id) {
  ASSIGN_OR_RETURN(SnapshotReader reader, OpenFile(files, SnapshotName(id)));
  if (reader.meta().id != id) {
    return reader.Annotate(absl::DataLossError(
        absl::StrFormat("it holds the snapshot %s", SnapshotName(reader.meta().id))));
  }
  return reader;
}

absl::StatusOr<SnapshotReader> SnapshotReader::OpenFile(const SnapshotFiles* files,
                                                        std::string name) {
  SnapshotReader reader(files, std::move(name));
  if (absl::Status status = reader.ReadHeader(); !status.ok()) return status;
  return reader;
}

absl::Status SnapshotReader::ReadHeader() {
  ASSIGN_OR_RETURN(const std::optional<uint64_t> size, files_->Size(name_));
  if (!size) return absl::NotFoundError(absl::StrFormat("there is no snapshot %s", name_));
  size_ = *size;
  ASSIGN_OR_RETURN(const std::string header, ReadFrame(0));
  if (const auto verified = verifier_.Add(header); !verified.ok()) {
    return Annotate(verified.status());
  }
  meta_ = verifier_.meta();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> SnapshotReader::NextChunk() {
  while (!verifier_.is_complete()) {
    ASSIGN_OR_RETURN(std::string frame, ReadFrame(verifier_.position()));
    const auto chunk = verifier_.Add(frame);
    if (!chunk.ok()) return Annotate(chunk.status());
    if (*chunk) return std::optional(std::string(**chunk));
  }
  if (verifier_.position() != size_) {
    return Annotate(absl::DataLossError(
        absl::StrFormat("%d bytes after the footer", size_ - verifier_.position())));
  }
  return std::optional<std::string>();
}

absl::Status SnapshotReader::ForEachChunk(Visitor fn) {
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string> chunk, NextChunk());
    if (!chunk) return absl::OkStatus();
    RETURN_IF_ERROR(fn(*chunk));
  }
}

absl::StatusOr<std::string> SnapshotReader::ReadFrame(FilePosition position) const {
  absl::StatusOr<std::string> frame = storage::ReadFrame(*files_, name_, position);
  if (!frame.ok()) return Annotate(frame.status());
  return frame;
}

absl::StatusOr<bool> SnapshotReader::HasFrameAt(FilePosition position) const {
  FilePosition at = 0;
  while (at < position && at < size_) {
    ASSIGN_OR_RETURN(const std::string head, files_->Read(name_, at, kFrameHeadBytes));
    const absl::StatusOr<size_t> bytes = FrameBytes(at, head);
    if (!bytes.ok()) return Annotate(bytes.status());
    at += *bytes;
  }
  return at == position && at < size_;
}

absl::Status SnapshotReader::Annotate(const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrFormat("snapshot %s: %s", name_, std::string(status.message())));
}

absl::Status Verify(SnapshotReader& reader) {
  return reader.ForEachChunk([](std::string_view /*chunk*/) { return absl::OkStatus(); });
}

}  // namespace quorate::storage
