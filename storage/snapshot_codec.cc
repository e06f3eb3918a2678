#include "storage/snapshot_codec.h"

#include "absl/strings/str_format.h"
#include "base/byte_order.h"
#include "base/check.h"
#include "storage/log_codec.h"

namespace quorate::storage {
namespace {

// The first bytes of the header, of each chunk and of the footer. They are readable in a dump.
constexpr std::string_view kHeaderTag = "QSNP";
constexpr std::string_view kChunkTag = "DATA";
constexpr std::string_view kFooterTag = "END.";
constexpr size_t kTagBytes = 4;
constexpr uint32_t kFileVersion = 1;

// The seed is the frame's position, so that a frame does not pass for one at another place.
uint64_t Checksum(FilePosition position, std::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), position);
}

std::string EncodeFrame(std::string_view tag, FilePosition position, std::string_view payload) {
  CHECK_LE(kFrameHeadBytes + payload.size(), kMaxFrameBytes);
  std::string frame(tag);
  AppendLittleEndian(frame, static_cast<uint32_t>(payload.size()));
  AppendLittleEndian(frame, Checksum(position, payload));
  frame += payload;
  return frame;
}

absl::Status Damaged(FilePosition position, std::string_view what) {
  return absl::DataLossError(absl::StrFormat("at byte %d: %s", position, what));
}

absl::StatusOr<raft::SnapshotMeta> ParseHeader(std::string_view payload) {
  if (payload.size() < sizeof(uint32_t)) return Damaged(0, "the header is cut short");
  const auto version = ReadLittleEndian<uint32_t>(payload.data());
  if (version > kFileVersion) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the snapshot has file version %d, but this program supports up to %d; start "
        "the newer program that wrote it",
        version, kFileVersion));
  }
  if (version != kFileVersion) return Damaged(0, absl::StrFormat("file version %d", version));
  return ParseLogStart(payload.substr(sizeof(uint32_t)));
}

}  // namespace

FileHash::FileHash() : state_(XXH3_createState(), &XXH3_freeState) {
  CHECK_EQ(XXH3_64bits_reset(state_.get()), XXH_OK);
}

void FileHash::Add(std::string_view bytes) {
  CHECK_EQ(XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()), XXH_OK);
  position_ += bytes.size();
}

std::string EncodeHeaderFrame(const raft::SnapshotMeta& meta) {
  std::string payload;
  AppendLittleEndian(payload, kFileVersion);
  payload += EncodeLogStart(meta);
  return EncodeFrame(kHeaderTag, 0, payload);
}

std::string EncodeChunkFrame(FilePosition position, std::string_view chunk) {
  return EncodeFrame(kChunkTag, position, chunk);
}

std::string EncodeFooterFrame(const FileHash& before) {
  std::string payload;
  AppendLittleEndian(payload, before.digest());
  return EncodeFrame(kFooterTag, before.position(), payload);
}

absl::StatusOr<size_t> FrameBytes(FilePosition position, std::string_view head) {
  if (head.size() < kFrameHeadBytes) return Damaged(position, "the file is cut short");
  const std::string_view tag = head.substr(0, kTagBytes);
  if (tag != kHeaderTag && tag != kChunkTag && tag != kFooterTag) {
    return Damaged(position, "no frame of a snapshot begins here");
  }
  const size_t bytes = kFrameHeadBytes + ReadLittleEndian<uint32_t>(head.data() + kTagBytes);
  if (bytes > kMaxFrameBytes)
    return Damaged(position, absl::StrFormat("a frame of %d bytes", bytes));
  return bytes;
}

absl::Status CheckFrame(FilePosition position, std::string_view frame) {
  ASSIGN_OR_RETURN(const size_t bytes, FrameBytes(position, frame));
  if (bytes != frame.size()) {
    return Damaged(position,
                   absl::StrFormat("a frame of %d bytes, but there are %d", bytes, frame.size()));
  }
  const auto checksum = ReadLittleEndian<uint64_t>(frame.data() + kTagBytes + sizeof(uint32_t));
  if (checksum != Checksum(position, frame.substr(kFrameHeadBytes))) {
    return Damaged(position, "bad checksum");
  }
  return absl::OkStatus();
}

std::optional<std::string_view> ChunkOf(std::string_view frame) {
  if (frame.substr(0, kTagBytes) != kChunkTag) return std::nullopt;
  return frame.substr(kFrameHeadBytes);
}

absl::StatusOr<std::optional<std::string_view>> SnapshotVerifier::Add(std::string_view frame) {
  const FilePosition at = position();
  if (is_complete_) return Damaged(at, "bytes after the footer");
  RETURN_IF_ERROR(CheckFrame(at, frame));
  const std::string_view tag = frame.substr(0, kTagBytes);
  if ((tag == kHeaderTag) != (at == 0))
    return Damaged(at, "a header must be the first frame, and only that");
  if (tag == kHeaderTag) {
    ASSIGN_OR_RETURN(meta_, ParseHeader(frame.substr(kFrameHeadBytes)));
  } else if (tag == kFooterTag) {
    if (frame != EncodeFooterFrame(hash_)) return Damaged(at, "the hash of the file differs");
    is_complete_ = true;
  }
  hash_.Add(frame);
  return ChunkOf(frame);
}

}  // namespace quorate::storage
