// The frames of a snapshot file: a header, chunks, a footer. A transfer sends frames too, so every
// piece is verified when it is read and again when it arrives. docs/storage_format.md describes the
// byte layout, and golden bytes pin it.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/api/snapshot.h"

namespace quorate::storage {

// The size of what every frame begins with: tag, length, checksum.
inline constexpr size_t kFrameHeadBytes = 16;
// The maximum size of one frame. Chunks are far smaller, but a single large record is a chunk of
// its own.
inline constexpr size_t kMaxFrameBytes = 16 << 20;

// The size of the footer frame.
inline constexpr size_t kFooterFrameBytes = kFrameHeadBytes + 8;

// The position of a byte in a snapshot file.
using FilePosition = uint64_t;

// Hashes a file while it is written or read from its beginning.
class FileHash {
 public:
  FileHash();
  void Add(std::string_view bytes);
  // Returns how many bytes were added.
  FilePosition position() const { return position_; }
  uint64_t digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
  FilePosition position_ = 0;
};

// Each returns a whole frame. `position` is where the frame begins in the file. REQUIRES: the frame
// has at most kMaxFrameBytes.
std::string EncodeHeaderFrame(const raft::SnapshotMeta& meta);
std::string EncodeChunkFrame(FilePosition position, std::string_view chunk);
// `before` has hashed everything before the footer.
std::string EncodeFooterFrame(const FileHash& before);

// Returns the size of the frame at `position` that begins with `head`. Returns DATA_LOSS if no
// frame begins like this, or if `head` has fewer than kFrameHeadBytes.
absl::StatusOr<size_t> FrameBytes(FilePosition position, std::string_view head);

// Returns OK if `frame` is a whole frame as it was written at `position`, or DATA_LOSS, which says
// what is wrong.
absl::Status CheckFrame(FilePosition position, std::string_view frame);

// Returns the chunk in `frame`, or nullopt if `frame` is a header or a footer. REQUIRES: CheckFrame
// is OK.
std::optional<std::string_view> ChunkOf(std::string_view frame);

// Takes the frames of a file in order and verifies everything that can be known of each. Not
// thread-safe.
class SnapshotVerifier {
 public:
  // Takes the next frame, which must be whole. Returns the payload of a chunk, as a part of
  // `frame`, or nullopt for a header or footer. Returns DATA_LOSS, which says what is wrong, or
  // FAILED_PRECONDITION if a newer program wrote the file. After an error nothing has changed.
  absl::StatusOr<std::optional<std::string_view>> Add(std::string_view frame);

  // Returns where the next frame begins.
  FilePosition position() const { return hash_.position(); }
  // Returns whether the footer was added, so that the whole file is verified.
  bool is_complete() const { return is_complete_; }
  // REQUIRES: position() > 0.
  const raft::SnapshotMeta& meta() const { return *meta_; }

 private:
  FileHash hash_;
  std::optional<raft::SnapshotMeta> meta_;
  bool is_complete_ = false;
};

}  // namespace quorate::storage
