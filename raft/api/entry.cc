#include "raft/api/entry.h"

#include <xxhash.h>

#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/byte_order.h"
#include "base/check.h"

namespace quorate::raft {
namespace {

// Frame v1, little-endian (docs/storage_format.md). The first three fields have the same place in
// every version, so that a damaged frame can be told from a newer one.
constexpr size_t kChecksumAt = 0;
constexpr size_t kFrameBytesAt = 8;
constexpr size_t kVersionAt = 12;
constexpr size_t kTypeAt = 13;
constexpr size_t kFlagsAt = 14;
constexpr size_t kReservedAt = 15;
constexpr size_t kEpochAt = 16;
constexpr size_t kRecordCountAt = 20;
constexpr size_t kIndexAt = 24;
constexpr size_t kBaseOffsetAt = 32;
constexpr size_t kAppendTimeAt = 40;
constexpr size_t kPrevChecksumAt = 48;
constexpr size_t kPrincipalBytesAt = 56;
constexpr size_t kCauseBytesAt = 58;
constexpr size_t kPayloadBytesAt = 60;
constexpr size_t kFixedBytes = 64;
constexpr size_t kRequestIdBytes = Uuid::kBytes + sizeof(int64_t);

constexpr size_t kChecksumBytes = sizeof(uint64_t);
constexpr uint8_t kVersion = 1;
constexpr uint8_t kHasRequestId = 1;

uint64_t ChecksumOf(std::string_view frame) {
  return XXH3_64bits(frame.data() + kChecksumBytes, frame.size() - kChecksumBytes);
}

// Returns what is wrong with the entry, or an empty string. Make requires these rules; Parse
// enforces them.
std::string FindFault(const EntryHeader& header, size_t payload_bytes) {
  const auto type = static_cast<int>(header.type);
  if (type < static_cast<int>(EntryType::kBarrier) ||
      type > static_cast<int>(EntryType::kRecords)) {
    return absl::StrFormat("unknown entry type %d", type);
  }
  if (header.epoch < Epoch(1)) return absl::StrFormat("epoch %d is below 1", header.epoch.value());
  if (header.index < LogIndex(1))
    return absl::StrFormat("index %d is below 1", header.index.value());
  if (header.base_offset < RecordOffset(0)) {
    return absl::StrFormat("base offset %d is negative", header.base_offset.value());
  }
  if (header.record_count < 1 ||
      header.base_offset.value() > std::numeric_limits<int64_t>::max() - header.record_count) {
    return absl::StrFormat("record count %d at base offset %d is out of range", header.record_count,
                           header.base_offset.value());
  }
  if (header.type != EntryType::kRecords && header.record_count != 1) {
    return absl::StrFormat("a control entry takes one offset, not %d", header.record_count);
  }
  if (header.type == EntryType::kBarrier && payload_bytes != 0) {
    return absl::StrFormat("a barrier with a payload of %d bytes", payload_bytes);
  }
  return "";
}

}  // namespace

size_t Entry::EncodedSize(const EntryHeader& header, size_t payload_bytes) {
  return kFixedBytes + (header.request_id ? kRequestIdBytes : 0) + header.principal.size() +
         header.cause.size() + payload_bytes;
}

EntryPtr Entry::Make(EntryHeader header, std::string_view payload) {
  const std::string fault = FindFault(header, payload.size());
  CHECK(fault.empty()) << fault;
  constexpr size_t kMaxText = std::numeric_limits<uint16_t>::max();
  CHECK_LE(header.principal.size(), kMaxText);
  CHECK_LE(header.cause.size(), kMaxText);
  const size_t size = EncodedSize(header, payload.size());
  CHECK_LE(size, kMaxEntryBytes);

  std::string frame;
  frame.reserve(size);
  AppendLittleEndian<uint64_t>(frame, 0);  // the checksum, filled in below
  AppendLittleEndian(frame, static_cast<uint32_t>(size));
  AppendLittleEndian(frame, kVersion);
  AppendLittleEndian(frame, static_cast<uint8_t>(header.type));
  AppendLittleEndian<uint8_t>(frame, header.request_id ? kHasRequestId : 0);
  AppendLittleEndian<uint8_t>(frame, 0);
  AppendLittleEndian(frame, header.epoch.value());
  AppendLittleEndian(frame, header.record_count);
  AppendLittleEndian(frame, header.index.value());
  AppendLittleEndian(frame, header.base_offset.value());
  AppendLittleEndian(frame, header.append_time_ms);
  AppendLittleEndian(frame, header.prev_checksum);
  AppendLittleEndian(frame, static_cast<uint16_t>(header.principal.size()));
  AppendLittleEndian(frame, static_cast<uint16_t>(header.cause.size()));
  AppendLittleEndian(frame, static_cast<uint32_t>(payload.size()));
  if (header.request_id) {
    frame += header.request_id->client_uuid.bytes();
    AppendLittleEndian(frame, header.request_id->sequence);
  }
  frame += header.principal;
  frame += header.cause;
  frame += payload;

  const uint64_t checksum = ChecksumOf(frame);
  std::string checksum_bytes;
  AppendLittleEndian(checksum_bytes, checksum);
  frame.replace(kChecksumAt, kChecksumBytes, checksum_bytes);

  const std::shared_ptr<Entry> entry(new Entry());
  entry->header_ = std::move(header);
  entry->checksum_ = checksum;
  entry->payload_position_ = size - payload.size();
  entry->encoded_ = std::move(frame);
  return entry;
}

absl::StatusOr<EntryPtr> Entry::Parse(std::string bytes) {
  const auto damaged = [&bytes](std::string_view what) {
    return absl::DataLossError(absl::StrFormat("log entry of %d bytes: %s", bytes.size(), what));
  };
  if (bytes.size() < kFixedBytes) return damaged("shorter than an entry's header");
  if (bytes.size() > kMaxEntryBytes) return damaged("longer than an entry may be");
  const char* data = bytes.data();
  const auto frame_bytes = ReadLittleEndian<uint32_t>(data + kFrameBytesAt);
  if (frame_bytes != bytes.size()) {
    return damaged(absl::StrFormat("its header says %d bytes", frame_bytes));
  }
  const auto checksum = ReadLittleEndian<uint64_t>(data + kChecksumAt);
  if (const uint64_t actual = ChecksumOf(bytes); actual != checksum) {
    return damaged(absl::StrFormat("checksum is %016x, its header says %016x", actual, checksum));
  }
  const auto version = ReadLittleEndian<uint8_t>(data + kVersionAt);
  if (version != kVersion) {
    return damaged(absl::StrFormat("version %d, this program reads version %d", version, kVersion));
  }
  const auto flags = ReadLittleEndian<uint8_t>(data + kFlagsAt);
  if ((flags & ~kHasRequestId) != 0 || data[kReservedAt] != 0) return damaged("unknown flags");

  const size_t request_id_bytes = (flags & kHasRequestId) != 0 ? kRequestIdBytes : 0;
  const size_t principal_bytes = ReadLittleEndian<uint16_t>(data + kPrincipalBytesAt);
  const size_t cause_bytes = ReadLittleEndian<uint16_t>(data + kCauseBytesAt);
  const size_t payload_bytes = ReadLittleEndian<uint32_t>(data + kPayloadBytesAt);
  if (kFixedBytes + request_id_bytes + principal_bytes + cause_bytes + payload_bytes !=
      bytes.size()) {
    return damaged("the lengths of its fields do not add up");
  }

  const std::shared_ptr<Entry> entry(new Entry());
  EntryHeader& header = entry->header_;
  header.type = static_cast<EntryType>(data[kTypeAt]);
  header.epoch = Epoch(ReadLittleEndian<int32_t>(data + kEpochAt));
  header.index = LogIndex(ReadLittleEndian<int64_t>(data + kIndexAt));
  header.base_offset = RecordOffset(ReadLittleEndian<int64_t>(data + kBaseOffsetAt));
  header.record_count = ReadLittleEndian<int32_t>(data + kRecordCountAt);
  header.append_time_ms = ReadLittleEndian<int64_t>(data + kAppendTimeAt);
  header.prev_checksum = ReadLittleEndian<uint64_t>(data + kPrevChecksumAt);
  size_t position = kFixedBytes;
  if (request_id_bytes != 0) {
    const std::string_view uuid_bytes(data + position, Uuid::kBytes);
    header.request_id =
        RequestId{.client_uuid = *Uuid::FromBytes(uuid_bytes),
                  .sequence = ReadLittleEndian<int64_t>(data + position + Uuid::kBytes)};
    position += kRequestIdBytes;
  }
  header.principal.assign(data + position, principal_bytes);
  position += principal_bytes;
  header.cause.assign(data + position, cause_bytes);
  position += cause_bytes;
  if (const std::string fault = FindFault(header, payload_bytes); !fault.empty()) {
    return damaged(fault);
  }
  entry->checksum_ = checksum;
  entry->payload_position_ = position;
  entry->encoded_ = std::move(bytes);
  return entry;
}

}  // namespace quorate::raft
