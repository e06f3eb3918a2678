// One entry of the replicated log: an atomic batch of records, encoded once and shared by the log,
// the cache and every peer. Byte layout: docs/storage_format.md, pinned by golden bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.h"

namespace quorate::raft {

// Maximum size of an encoded entry. A larger one is refused before it is decided.
inline constexpr size_t kMaxEntryBytes = 8 << 20;

// These values are stored on disk and never change.
enum class EntryType : uint8_t {
  kBarrier = 1,  // a new leader's first entry; no payload, one offset (Raft §5.4.2)
  kVoters = 2,   // a voter set (VoterSet::Encode), one offset
  kRecords = 3,  // metadata records (quorate.metadata.v1.RecordBatch)
};

struct EntryHeader {
  EntryType type = EntryType::kRecords;
  Epoch epoch;
  LogIndex index;
  RecordOffset base_offset;
  // Number of offsets that the entry takes, at least 1.
  int32_t record_count = 1;
  // The later of the previous entry's time and the leader's wall clock at the append, so that it
  // never runs backwards.
  int64_t append_time_ms = 0;
  // Who caused the entry, and by what ("CreateTopics", "fence broker 3"). For people and audits.
  std::string principal;
  std::string cause;
  std::optional<RequestId> request_id;
  // Checksum of the previous entry, 0 for the first. Two logs whose entries at one index have equal
  // checksums are equal up to that index.
  uint64_t prev_checksum = 0;

  RecordOffset end_offset() const { return base_offset + record_count; }
  friend bool operator==(const EntryHeader&, const EntryHeader&) = default;
};

class Entry;
using EntryPtr = std::shared_ptr<const Entry>;

// Immutable; shared between threads.
class Entry {
 public:
  // Encodes header and payload. REQUIRES: the result is at most kMaxEntryBytes (EncodedSize); epoch
  // and index are at least 1; principal and cause are at most 65535 bytes each; a barrier has no
  // payload, and a barrier or voter set takes one offset.
  static EntryPtr Make(EntryHeader header, std::string_view payload);
  // Decodes a frame and verifies its version, lengths and checksum. Returns DATA_LOSS, with what is
  // wrong, if the frame is damaged.
  static absl::StatusOr<EntryPtr> Parse(std::string bytes);
  static size_t EncodedSize(const EntryHeader& header, size_t payload_bytes);

  const EntryHeader& header() const { return header_; }
  Epoch epoch() const { return header_.epoch; }
  LogIndex index() const { return header_.index; }
  RecordOffset end_offset() const { return header_.end_offset(); }
  // XXH3-64 of the whole frame except the checksum itself.
  uint64_t checksum() const { return checksum_; }
  std::string_view payload() const { return std::string_view(encoded_).substr(payload_position_); }
  // The whole frame.
  const std::string& encoded() const { return encoded_; }

 private:
  Entry() = default;

  EntryHeader header_;
  uint64_t checksum_ = 0;
  size_t payload_position_ = 0;
  std::string encoded_;
};

}  // namespace quorate::raft
