// The frames that a snapshot file is made of: a header, chunks, a footer. Frames are also what a
// transfer sends, so that every piece is verified when it is read and when it comes. Byte layout:
// docs/storage_format.md, pinned by golden bytes.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/snapshot.h"

namespace quorate::storage {

// What every frame begins with: tag, length, checksum.
inline constexpr size_t kFrameHeadBytes = 16;
// Of one frame. Chunks are far smaller, but a single large record goes into one alone.
inline constexpr size_t kMaxFrameBytes = 16 << 20;

// Of the footer.
inline constexpr size_t kFooterFrameBytes = kFrameHeadBytes + 8;

// Position of a byte in a snapshot file.
using FilePosition = uint64_t;

// The hash of a file while it is written or read from its beginning.
class FileHash {
 public:
  FileHash();
  void Add(std::string_view bytes);
  // How many bytes were added.
  FilePosition position() const { return position_; }
  uint64_t digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
  FilePosition position_ = 0;
};

// Whole frames. `position`: where the frame begins. REQUIRES: at most kMaxFrameBytes.
std::string EncodeHeaderFrame(const raft::SnapshotMeta& meta);
std::string EncodeChunkFrame(FilePosition position, std::string_view chunk);
// `before` has hashed everything that stands before it.
std::string EncodeFooterFrame(const FileHash& before);

// The size of the frame at `position` that begins with `head`. DATA_LOSS: no frame begins so, or
// there are fewer than kFrameHeadBytes of it.
absl::StatusOr<size_t> FrameBytes(FilePosition position, std::string_view head);

// OK if `frame` is a whole frame as it was written at `position`; DATA_LOSS says what is wrong.
absl::Status CheckFrame(FilePosition position, std::string_view frame);

// What a chunk's frame holds; nothing: it is a header or a footer. REQUIRES: CheckFrame is OK.
std::optional<std::string_view> ChunkOf(std::string_view frame);

// Takes the frames of a file in order and verifies all that can be known of each. Not thread-safe.
class SnapshotVerifier {
 public:
  // The next frame, whole. The payload of a chunk, which lies in `frame`; nothing of a header or
  // footer. DATA_LOSS says what is wrong; FAILED_PRECONDITION: a newer program wrote the file.
  // Nothing has changed then.
  absl::StatusOr<std::optional<std::string_view>> Add(std::string_view frame);

  // Where the next frame begins.
  FilePosition position() const { return hash_.position(); }
  // The footer has come, so that the whole file is verified.
  bool is_complete() const { return is_complete_; }
  // REQUIRES: position() > 0.
  const raft::SnapshotMeta& meta() const { return *meta_; }

 private:
  FileHash hash_;
  std::optional<raft::SnapshotMeta> meta_;
  bool is_complete_ = false;
};

}  // namespace quorate::storage
