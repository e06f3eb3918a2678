// Reads a snapshot file. Returns only what was verified: each frame by its checksum, and the whole
// file by its hash once it was read to the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/api/snapshot.h"
#include "storage/snapshot_codec.h"
#include "storage/snapshot_files.h"

namespace quorate::storage {

// Returns the whole frame that begins at `position` of the file `name`, or DATA_LOSS if it is
// damaged or cut short.
absl::StatusOr<std::string> ReadFrame(const SnapshotFiles& files, const std::string& name,
                                      FilePosition position);

// Reads one snapshot chunk by chunk, or single frames of it. Not thread-safe.
class SnapshotReader {
 public:
  // Opens a complete snapshot. Returns NOT_FOUND if there is none with this id, DATA_LOSS if its
  // header is damaged, and FAILED_PRECONDITION if a newer program wrote it. All errors name the
  // file. `files` must outlive the reader.
  static absl::StatusOr<SnapshotReader> Open(const SnapshotFiles* files,
                                             const raft::SnapshotId& id);
  // Opens a file of any name. For tools.
  static absl::StatusOr<SnapshotReader> OpenFile(const SnapshotFiles* files, std::string name);

  const raft::SnapshotMeta& meta() const { return meta_; }
  // Returns the size of the file in bytes.
  FilePosition size() const { return size_; }

  // Returns the next chunk of the content, beginning with the first. Returns nullopt after the last
  // one, once the whole file is verified. Returns DATA_LOSS if the file is not as it was written.
  absl::StatusOr<std::optional<std::string>> NextChunk();
  // Calls `fn` for each chunk that is left, in order. Returns the first error of `fn` or of
  // NextChunk.
  using Visitor = absl::FunctionRef<absl::Status(std::string_view chunk)>;
  absl::Status ForEachChunk(Visitor fn);

  // For a transfer: returns the whole frame that begins at `position`, which is 0 or the end of
  // another frame. There is no frame from size() on. Returns DATA_LOSS if the frame is damaged or
  // none begins there.
  absl::StatusOr<std::string> ReadFrame(FilePosition position) const;
  // Returns whether a frame begins at `position`, according to the frames before it. Returns
  // DATA_LOSS if one of those is damaged.
  absl::StatusOr<bool> HasFrameAt(FilePosition position) const;

 private:
  SnapshotReader(const SnapshotFiles* files, std::string name)
      : files_(files), name_(std::move(name)) {}

  absl::Status ReadHeader();
  // Adds the name of the file to an error.
  absl::Status Annotate(const absl::Status& status) const;

  const SnapshotFiles* files_;
  std::string name_;
  FilePosition size_ = 0;
  raft::SnapshotMeta meta_;
  // Verifies what NextChunk reads.
  SnapshotVerifier verifier_;
};

// Reads all of a snapshot only to verify it, and returns the first error.
absl::Status Verify(SnapshotReader& reader);

}  // namespace quorate::storage
