#include "storage/log_codec.h"

#include <xxhash.h>

#include "absl/strings/str_format.h"
#include "base/byte_order.h"
#include "base/check.h"

namespace quorate::storage {
namespace {

// The layout of every value: checksum of the rest, version, kind, body.
constexpr size_t kChecksumBytes = 8;
constexpr size_t kBodyAt = kChecksumBytes + 2;
constexpr uint8_t kVersion = 1;

// The kind of a value. It prevents a value from being read as one of another kind.
enum class Kind : uint8_t {
  kState = 1,
  kEpochStarts = 2,
  kVoterEntries = 3,
  kFoundingVoters = 4,
  kLogStart = 5,
};

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kState:
      return "log state";
    case Kind::kEpochStarts:
      return "epoch starts";
    case Kind::kVoterEntries:
      return "voter entries";
    case Kind::kFoundingVoters:
      return "founding voters";
    case Kind::kLogStart:
      return "log start";
  }
  return "?";
}

std::string Seal(Kind kind, std::string_view body) {
  std::string sealed;
  AppendLittleEndian(sealed, kVersion);
  AppendLittleEndian(sealed, static_cast<uint8_t>(kind));
  sealed += body;
  std::string bytes;
  AppendLittleEndian<uint64_t>(bytes, XXH3_64bits(sealed.data(), sealed.size()));
  return bytes + sealed;
}

absl::Status Damaged(Kind kind, std::string_view what) {
  return absl::DataLossError(absl::StrFormat("%s: %s", NameOf(kind), what));
}

absl::StatusOr<std::string_view> Unseal(Kind kind, std::string_view bytes) {
  if (bytes.size() < kBodyAt) return Damaged(kind, absl::StrFormat("%d bytes", bytes.size()));
  const std::string_view sealed = bytes.substr(kChecksumBytes);
  const auto checksum = ReadLittleEndian<uint64_t>(bytes.data());
  if (XXH3_64bits(sealed.data(), sealed.size()) != checksum) return Damaged(kind, "bad checksum");
  const auto version = ReadLittleEndian<uint8_t>(sealed.data());
  if (version != kVersion) {
    return Damaged(kind,
                   absl::StrFormat("version %d, this program reads version %d", version, kVersion));
  }
  if (static_cast<Kind>(sealed[1]) != kind) return Damaged(kind, "a value of another kind");
  return bytes.substr(kBodyAt);
}

}  // namespace

std::string EncodeState(const LogState& state) {
  const raft::ReplicaKey vote = state.hard_state.vote.value_or(raft::ReplicaKey());
  std::string body;
  AppendLittleEndian(body, state.write_id);
  AppendLittleEndian(body, state.first_index.value());
  AppendLittleEndian(body, state.last_index.value());
  AppendLittleEndian(body, state.hard_state.epoch.value());
  AppendLittleEndian<uint8_t>(body, state.hard_state.vote ? 1 : 0);
  AppendLittleEndian(body, vote.node_id.value());
  body += vote.directory_id.bytes();
  return Seal(Kind::kState, body);
}

absl::StatusOr<LogState> ParseState(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body, Unseal(Kind::kState, bytes));
  constexpr size_t kFixedBytes = 33;
  if (body.size() != kFixedBytes + Uuid::kBytes) return Damaged(Kind::kState, "wrong length");
  const char* data = body.data();
  LogState state;
  state.write_id = ReadLittleEndian<uint64_t>(data);
  state.first_index = LogIndex(ReadLittleEndian<int64_t>(data + 8));
  state.last_index = LogIndex(ReadLittleEndian<int64_t>(data + 16));
  state.hard_state.epoch = Epoch(ReadLittleEndian<int32_t>(data + 24));
  if (data[28] != 0) {
    state.hard_state.vote =
        raft::ReplicaKey{.node_id = NodeId(ReadLittleEndian<int32_t>(data + 29)),
                         .directory_id = *Uuid::FromBytes(body.substr(kFixedBytes))};
  }
  if (state.first_index < LogIndex(1) || state.last_index < state.first_index - 1 ||
      state.hard_state.epoch < Epoch(0) || EncodeState(state) != bytes) {
    return Damaged(Kind::kState, "numbers out of range");
  }
  return state;
}

std::string EncodeEpochStarts(const EpochStarts& starts) {
  std::string body;
  for (const auto& [epoch, index] : starts) {
    AppendLittleEndian(body, epoch.value());
    AppendLittleEndian(body, index.value());
  }
  return Seal(Kind::kEpochStarts, body);
}

absl::StatusOr<EpochStarts> ParseEpochStarts(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body, Unseal(Kind::kEpochStarts, bytes));
  constexpr size_t kBytesEach = 12;
  if (body.size() % kBytesEach != 0) return Damaged(Kind::kEpochStarts, "wrong length");
  EpochStarts starts;
  for (size_t at = 0; at < body.size(); at += kBytesEach) {
    const Epoch epoch(ReadLittleEndian<int32_t>(body.data() + at));
    const LogIndex index(ReadLittleEndian<int64_t>(body.data() + at + 4));
    const auto [last_epoch, last_index] =
        starts.empty() ? std::pair(Epoch(0), LogIndex(0)) : starts.back();
    if (epoch <= last_epoch || index <= last_index) {
      return Damaged(Kind::kEpochStarts, "not ascending");
    }
    starts.emplace_back(epoch, index);
  }
  return starts;
}

std::string EncodeVoterEntries(const std::vector<LogIndex>& indexes) {
  std::string body;
  for (const LogIndex index : indexes) AppendLittleEndian(body, index.value());
  return Seal(Kind::kVoterEntries, body);
}

absl::StatusOr<std::vector<LogIndex>> ParseVoterEntries(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body, Unseal(Kind::kVoterEntries, bytes));
  if (body.size() % sizeof(int64_t) != 0) return Damaged(Kind::kVoterEntries, "wrong length");
  std::vector<LogIndex> indexes;
  for (size_t at = 0; at < body.size(); at += sizeof(int64_t)) {
    const LogIndex index(ReadLittleEndian<int64_t>(body.data() + at));
    if (index <= (indexes.empty() ? LogIndex(0) : indexes.back())) {
      return Damaged(Kind::kVoterEntries, "not ascending");
    }
    indexes.push_back(index);
  }
  return indexes;
}

std::string EncodeLogStart(const raft::SnapshotMeta& start) {
  std::string body;
  AppendLittleEndian(body, start.id.end_offset.value());
  AppendLittleEndian(body, start.id.epoch.value());
  AppendLittleEndian(body, start.last_index.value());
  AppendLittleEndian(body, start.last_checksum);
  AppendLittleEndian(body, start.last_append_time_ms);
  AppendLittleEndian(body, start.voters_index.value());
  return Seal(Kind::kLogStart, body + start.voters.Encode());
}

absl::StatusOr<raft::SnapshotMeta> ParseLogStart(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body, Unseal(Kind::kLogStart, bytes));
  constexpr size_t kFixedBytes = 44;
  if (body.size() < kFixedBytes) return Damaged(Kind::kLogStart, "wrong length");
  const char* data = body.data();
  raft::SnapshotMeta start;
  start.id.end_offset = RecordOffset(ReadLittleEndian<int64_t>(data));
  start.id.epoch = Epoch(ReadLittleEndian<int32_t>(data + 8));
  start.last_index = LogIndex(ReadLittleEndian<int64_t>(data + 12));
  start.last_checksum = ReadLittleEndian<uint64_t>(data + 20);
  start.last_append_time_ms = ReadLittleEndian<int64_t>(data + 28);
  start.voters_index = LogIndex(ReadLittleEndian<int64_t>(data + 36));
  ASSIGN_OR_RETURN(start.voters, raft::VoterSet::Parse(body.substr(kFixedBytes)));
  // Every entry takes at least one offset, so an end offset is never below its index.
  if (start.last_index < LogIndex(1) || start.id.end_offset.value() < start.last_index.value() ||
      start.id.epoch < Epoch(1) || start.voters_index < LogIndex(0) ||
      start.voters_index > start.last_index ||
      (start.voters_index == LogIndex(0)) != start.voters.empty()) {
    return Damaged(Kind::kLogStart, "numbers out of range");
  }
  return start;
}

std::string EncodeFoundingVoters(const raft::VoterSet& voters) {
  return Seal(Kind::kFoundingVoters, voters.Encode());
}

absl::StatusOr<raft::VoterSet> ParseFoundingVoters(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body, Unseal(Kind::kFoundingVoters, bytes));
  return raft::VoterSet::Parse(body);
}

}  // namespace quorate::storage
