// Reads a snapshot file. Nothing is given away that was not verified: each frame by its checksum,
// and the whole file by its hash once it was read to the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/snapshot.h"
#include "storage/snapshot_codec.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// The whole frame of a file that begins at `position`. DATA_LOSS: it is damaged or cut short.
absl::StatusOr<std::string> ReadFrame(const SnapshotFiles& files, const std::string& name,
                                      FilePosition position);

// Not thread-safe.
class SnapshotReader {
 public:
  // A complete snapshot. NOT_FOUND: there is none of this id; DATA_LOSS: its header is damaged;
  // FAILED_PRECONDITION: a newer program wrote it. All errors name the file. `files` outlives the
  // reader.
  static absl::StatusOr<SnapshotReader> Open(const SnapshotFiles* files,
                                             const raft::SnapshotId& id);
  // A file of any name, for tools.
  static absl::StatusOr<SnapshotReader> OpenFile(const SnapshotFiles* files, std::string name);

  const raft::SnapshotMeta& meta() const { return meta_; }
  // Of the file, in bytes.
  FilePosition size() const { return size_; }

  // The next chunk of the content, from the first one on; nothing: that was the last, and the whole
  // file is as it was written. DATA_LOSS: it is not.
  absl::StatusOr<std::optional<std::string>> NextChunk();
  // All chunks that are left, one after the other. The first error, of `fn` or as above.
  using Visitor = absl::FunctionRef<absl::Status(std::string_view chunk)>;
  absl::Status ForEachChunk(Visitor fn);

  // For a transfer: the whole frame that begins at `position`, which is 0 or where another frame
  // ends; from size() on there is none. DATA_LOSS: it is damaged, or none begins there.
  absl::StatusOr<std::string> ReadFrame(FilePosition position) const;
  // Whether a frame begins there, as the frames before it say. DATA_LOSS: one of those is damaged.
  absl::StatusOr<bool> HasFrameAt(FilePosition position) const;

 private:
  SnapshotReader(const SnapshotFiles* files, std::string name)
      : files_(files), name_(std::move(name)) {}

  absl::Status ReadHeader();
  // With the name of the file.
  absl::Status Annotate(const absl::Status& status) const;

  const SnapshotFiles* files_;
  std::string name_;
  FilePosition size_ = 0;
  raft::SnapshotMeta meta_;
  // Of what NextChunk has read.
  SnapshotVerifier verifier_;
};

// Reads all of a snapshot, for nothing but its errors.
absl::Status Verify(SnapshotReader& reader);

}  // namespace quorate::storage
