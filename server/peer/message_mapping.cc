#include "server/peer/message_mapping.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/overloaded.h"

namespace quorate::server {
namespace {

namespace pb = raft::v1;

// Encoding: one function for each kind of message.

void Encode(const raft::VoteRequest& m, pb::PeerMessage& out) {
  pb::VoteRequest& proto = *out.mutable_vote_request();
  proto.set_epoch(m.epoch.value());
  proto.set_candidate_directory_id(std::string(m.candidate.directory_id.bytes()));
  proto.set_last_epoch(m.last_epoch.value());
  proto.set_last_index(m.last_index.value());
  proto.set_pre_vote(m.pre_vote);
  proto.set_transfer(m.transfer);
  if (m.voters) *proto.mutable_voter_set() = ToProto(*m.voters);
}

void Encode(const raft::VoteResponse& m, pb::PeerMessage& out) {
  pb::VoteResponse& proto = *out.mutable_vote_response();
  proto.set_epoch(m.epoch.value());
  proto.set_requested_epoch(m.requested_epoch.value());
  proto.set_granted(m.granted);
  proto.set_pre_vote(m.pre_vote);
}

void Encode(const raft::Heartbeat& m, pb::PeerMessage& out) {
  pb::Heartbeat& proto = *out.mutable_heartbeat();
  proto.set_epoch(m.epoch.value());
  proto.set_commit_index(m.commit_index.value());
  proto.set_read_sequence(m.read_sequence);
  proto.set_high_watermark(m.high_watermark.value());
  if (m.voters) *proto.mutable_voter_set() = ToProto(*m.voters);
}

void Encode(const raft::HeartbeatResponse& m, pb::PeerMessage& out) {
  pb::HeartbeatResponse& proto = *out.mutable_heartbeat_response();
  proto.set_epoch(m.epoch.value());
  proto.set_read_sequence(m.read_sequence);
  if (m.voters) *proto.mutable_voter_set() = ToProto(*m.voters);
}

void Encode(const raft::AppendRequest& m, pb::PeerMessage& out) {
  pb::AppendRequest& proto = *out.mutable_append_request();
  proto.set_epoch(m.epoch.value());
  proto.set_sequence(m.sequence);
  proto.set_prev_index(m.prev_index.value());
  proto.set_prev_epoch(m.prev_epoch.value());
  proto.set_commit_index(m.commit_index.value());
}

void Encode(const raft::AppendResponse& m, pb::PeerMessage& out) {
  pb::AppendResponse& proto = *out.mutable_append_response();
  proto.set_epoch(m.epoch.value());
  proto.set_sequence(m.sequence);
  proto.set_success(m.success);
  proto.set_match_index(m.match_index.value());
  proto.set_match_end_offset(m.match_end_offset.value());
  proto.set_hint_index(m.hint_index.value());
  proto.set_hint_epoch(m.hint_epoch.value());
}

void Encode(const raft::ReadIndexRequest& m, pb::PeerMessage& out) {
  pb::ReadIndexRequest& proto = *out.mutable_read_index_request();
  proto.set_token(m.token);
  proto.set_epoch(m.epoch.value());
}

void Encode(const raft::ReadIndexResponse& m, pb::PeerMessage& out) {
  pb::ReadIndexResponse& proto = *out.mutable_read_index_response();
  proto.set_token(m.token);
  proto.set_epoch(m.epoch.value());
  proto.set_confirmed(m.confirmed);
  proto.set_read_index(m.read_index.value());
}

void Encode(const raft::TimeoutNow& m, pb::PeerMessage& out) {
  out.mutable_timeout_now()->set_epoch(m.epoch.value());
}

void Encode(const raft::InstallSnapshot& m, pb::PeerMessage& out) {
  pb::InstallSnapshot& proto = *out.mutable_install_snapshot();
  proto.set_epoch(m.epoch.value());
  proto.set_sequence(m.sequence);
  proto.set_end_offset(m.id.end_offset.value());
  proto.set_last_epoch(m.id.epoch.value());
  proto.set_last_index(m.last_index.value());
  proto.set_position(m.position);
  proto.set_total_bytes(m.total_bytes);
  proto.set_bytes(m.bytes);
}

pb::InstallSnapshotResponse::State ToProto(raft::InstallSnapshotResponse::State state) {
  switch (state) {
    case raft::InstallSnapshotResponse::State::kWanted:
      return pb::InstallSnapshotResponse::WANTED;
    case raft::InstallSnapshotResponse::State::kBusy:
      return pb::InstallSnapshotResponse::BUSY;
    case raft::InstallSnapshotResponse::State::kInstalled:
      return pb::InstallSnapshotResponse::INSTALLED;
  }
  LOG(FATAL) << "no such InstallSnapshotResponse::State: " << static_cast<int>(state);
}

void Encode(const raft::InstallSnapshotResponse& m, pb::PeerMessage& out) {
  pb::InstallSnapshotResponse& proto = *out.mutable_install_snapshot_response();
  proto.set_epoch(m.epoch.value());
  proto.set_sequence(m.sequence);
  proto.set_end_offset(m.id.end_offset.value());
  proto.set_last_epoch(m.id.epoch.value());
  proto.set_state(ToProto(m.state));
  proto.set_position(m.position);
}

void Encode(const raft::Message& m, pb::PeerMessage& out) {
  std::visit([&out](const auto& message) { Encode(message, out); }, m);
}

void Encode(const Hello& hello, pb::PeerMessage& out) { *out.mutable_hello() = ToProto(hello); }

pb::Goodbye::Reason ToProto(raft::GoodbyeReason reason) {
  switch (reason) {
    case raft::GoodbyeReason::kReconnecting:
      return pb::Goodbye::RECONNECTING;
    case raft::GoodbyeReason::kResigned:
      return pb::Goodbye::RESIGNED;
    case raft::GoodbyeReason::kStopping:
      return pb::Goodbye::STOPPING;
  }
  LOG(FATAL) << "no such GoodbyeReason: " << static_cast<int>(reason);
}

void Encode(const Goodbye& goodbye, pb::PeerMessage& out) {
  pb::Goodbye& proto = *out.mutable_goodbye();
  proto.set_reason(ToProto(goodbye.reason));
  proto.set_epoch(goodbye.epoch.value());
}

// Decoding.

// The largest index or offset that is accepted. At a million records a second it is reached after
// 285 years. Sums of such numbers cannot overflow.
constexpr int64_t kMaxPosition = int64_t{1} << 53;

// Returns whether all `numbers` are valid epochs or counters. Counters are only compared and
// copied. The core refuses an epoch above raft::kMaxEpoch.
bool AreNumbers(std::initializer_list<int64_t> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](int64_t number) { return number >= 0; });
}

// Returns whether all `numbers` are valid indexes, offsets or positions in a snapshot.
bool ArePositions(std::initializer_list<int64_t> numbers) {
  return std::all_of(numbers.begin(), numbers.end(),
                     [](int64_t number) { return number >= 0 && number <= kMaxPosition; });
}

absl::Status Impossible(const char* what) {
  return absl::InvalidArgumentError(absl::StrFormat("invalid %s", what));
}

// Returns the voter set of a message, or nullopt if it has none.
template <typename Proto>
absl::StatusOr<std::optional<raft::VoterSet>> DecodeVoters(const Proto& proto) {
  if (!proto.has_voter_set()) return std::optional<raft::VoterSet>();
  return FromProto(proto.voter_set());
}

absl::StatusOr<PeerPayload> Decode(const pb::Goodbye& proto) {
  if (!AreNumbers({proto.epoch()})) return Impossible("Goodbye");
  const Epoch epoch(proto.epoch());
  switch (proto.reason()) {
    case pb::Goodbye::RECONNECTING:
      return Goodbye{raft::GoodbyeReason::kReconnecting, epoch};
    case pb::Goodbye::RESIGNED:
      return Goodbye{raft::GoodbyeReason::kResigned, epoch};
    case pb::Goodbye::STOPPING:
      return Goodbye{raft::GoodbyeReason::kStopping, epoch};
    default:
      return Impossible("Goodbye");
  }
}

absl::StatusOr<PeerPayload> Decode(NodeId from, const pb::VoteRequest& proto) {
  const std::optional<Uuid> directory_id = Uuid::FromBytes(proto.candidate_directory_id());
  if (!directory_id || !AreNumbers({proto.epoch(), proto.last_epoch()}) ||
      !ArePositions({proto.last_index()})) {
    return Impossible("VoteRequest");
  }
  ASSIGN_OR_RETURN(std::optional<raft::VoterSet> voters, DecodeVoters(proto));
  return raft::VoteRequest{.epoch = Epoch(proto.epoch()),
                           .candidate = {from, *directory_id},
                           .last_epoch = Epoch(proto.last_epoch()),
                           .last_index = LogIndex(proto.last_index()),
                           .pre_vote = proto.pre_vote(),
                           .transfer = proto.transfer(),
                           .voters = std::move(voters)};
}

absl::StatusOr<PeerPayload> Decode(const pb::VoteResponse& proto) {
  if (!AreNumbers({proto.epoch(), proto.requested_epoch()})) return Impossible("VoteResponse");
  return raft::VoteResponse{.epoch = Epoch(proto.epoch()),
                            .requested_epoch = Epoch(proto.requested_epoch()),
                            .granted = proto.granted(),
                            .pre_vote = proto.pre_vote()};
}

absl::StatusOr<PeerPayload> Decode(const pb::Heartbeat& proto) {
  if (!AreNumbers({proto.epoch(), proto.read_sequence()}) ||
      !ArePositions({proto.commit_index(), proto.high_watermark()})) {
    return Impossible("Heartbeat");
  }
  ASSIGN_OR_RETURN(std::optional<raft::VoterSet> voters, DecodeVoters(proto));
  return raft::Heartbeat{.epoch = Epoch(proto.epoch()),
                         .commit_index = LogIndex(proto.commit_index()),
                         .read_sequence = proto.read_sequence(),
                         .high_watermark = RecordOffset(proto.high_watermark()),
                         .voters = std::move(voters)};
}

absl::StatusOr<PeerPayload> Decode(const pb::HeartbeatResponse& proto) {
  if (!AreNumbers({proto.epoch(), proto.read_sequence()})) {
    return Impossible("HeartbeatResponse");
  }
  ASSIGN_OR_RETURN(std::optional<raft::VoterSet> voters, DecodeVoters(proto));
  return raft::HeartbeatResponse{.epoch = Epoch(proto.epoch()),
                                 .read_sequence = proto.read_sequence(),
                                 .voters = std::move(voters)};
}

absl::StatusOr<PeerPayload> Decode(pb::AppendRequest& proto) {
  if (!AreNumbers({proto.epoch(), proto.prev_epoch(), proto.sequence()}) ||
      !ArePositions({proto.prev_index(), proto.commit_index()})) {
    return Impossible("AppendRequest");
  }
  raft::AppendRequest request{.epoch = Epoch(proto.epoch()),
                              .sequence = proto.sequence(),
                              .prev_index = LogIndex(proto.prev_index()),
                              .prev_epoch = Epoch(proto.prev_epoch()),
                              .commit_index = LogIndex(proto.commit_index())};
  request.entries.reserve(static_cast<size_t>(proto.entries_size()));
  LogIndex expected = request.prev_index;
  for (std::string& bytes : *proto.mutable_entries()) {
    ASSIGN_OR_RETURN(raft::EntryPtr entry, raft::Entry::Parse(std::move(bytes)));
    if (entry->index() != ++expected) {
      return absl::InvalidArgumentError(
          absl::StrFormat("AppendRequest has entry %d where entry %d is expected",
                          entry->index().value(), expected.value()));
    }
    request.entries.push_back(std::move(entry));
  }
  return request;
}

absl::StatusOr<PeerPayload> Decode(const pb::AppendResponse& proto) {
  if (!AreNumbers({proto.epoch(), proto.hint_epoch(), proto.sequence()}) ||
      !ArePositions({proto.match_index(), proto.match_end_offset(), proto.hint_index()})) {
    return Impossible("AppendResponse");
  }
  return raft::AppendResponse{.epoch = Epoch(proto.epoch()),
                              .sequence = proto.sequence(),
                              .success = proto.success(),
                              .match_index = LogIndex(proto.match_index()),
                              .match_end_offset = RecordOffset(proto.match_end_offset()),
                              .hint_index = LogIndex(proto.hint_index()),
                              .hint_epoch = Epoch(proto.hint_epoch())};
}

absl::StatusOr<PeerPayload> Decode(const pb::ReadIndexRequest& proto) {
  if (!AreNumbers({proto.epoch()})) return Impossible("ReadIndexRequest");
  return raft::ReadIndexRequest{.token = proto.token(), .epoch = Epoch(proto.epoch())};
}

absl::StatusOr<PeerPayload> Decode(const pb::ReadIndexResponse& proto) {
  if (!AreNumbers({proto.epoch()}) || !ArePositions({proto.read_index()})) {
    return Impossible("ReadIndexResponse");
  }
  return raft::ReadIndexResponse{.token = proto.token(),
                                 .epoch = Epoch(proto.epoch()),
                                 .confirmed = proto.confirmed(),
                                 .read_index = LogIndex(proto.read_index())};
}

absl::StatusOr<PeerPayload> Decode(const pb::TimeoutNow& proto) {
  if (!AreNumbers({proto.epoch()})) return Impossible("TimeoutNow");
  return raft::TimeoutNow{Epoch(proto.epoch())};
}

absl::StatusOr<PeerPayload> Decode(pb::InstallSnapshot& proto) {
  if (!AreNumbers({proto.epoch(), proto.last_epoch(), proto.sequence()}) ||
      !ArePositions(
          {proto.end_offset(), proto.last_index(), proto.position(), proto.total_bytes()})) {
    return Impossible("InstallSnapshot");
  }
  return raft::InstallSnapshot{
      .epoch = Epoch(proto.epoch()),
      .sequence = proto.sequence(),
      .id = {.end_offset = RecordOffset(proto.end_offset()), .epoch = Epoch(proto.last_epoch())},
      .last_index = LogIndex(proto.last_index()),
      .position = proto.position(),
      .total_bytes = proto.total_bytes(),
      .bytes = std::move(*proto.mutable_bytes())};
}

std::optional<raft::InstallSnapshotResponse::State> FromProto(
    pb::InstallSnapshotResponse::State state) {
  switch (state) {
    case pb::InstallSnapshotResponse::WANTED:
      return raft::InstallSnapshotResponse::State::kWanted;
    case pb::InstallSnapshotResponse::BUSY:
      return raft::InstallSnapshotResponse::State::kBusy;
    case pb::InstallSnapshotResponse::INSTALLED:
      return raft::InstallSnapshotResponse::State::kInstalled;
    default:
      return std::nullopt;
  }
}

absl::StatusOr<PeerPayload> Decode(const pb::InstallSnapshotResponse& proto) {
  const auto state = FromProto(proto.state());
  if (!state || !AreNumbers({proto.epoch(), proto.last_epoch(), proto.sequence()}) ||
      !ArePositions({proto.end_offset(), proto.position()})) {
    return Impossible("InstallSnapshotResponse");
  }
  return raft::InstallSnapshotResponse{
      .epoch = Epoch(proto.epoch()),
      .sequence = proto.sequence(),
      .id = {.end_offset = RecordOffset(proto.end_offset()), .epoch = Epoch(proto.last_epoch())},
      .state = *state,
      .position = proto.position()};
}

}  // namespace

pb::PeerMessage ToProtoWithoutEntries(const PeerPayload& payload) {
  pb::PeerMessage proto;
  std::visit([&proto](const auto& value) { Encode(value, proto); }, payload);
  return proto;
}

absl::StatusOr<PeerPayload> FromProto(NodeId from, pb::PeerMessage& proto) {
  switch (proto.kind_case()) {
    case pb::PeerMessage::kHello:
      return FromProto(proto.hello());
    case pb::PeerMessage::kGoodbye:
      return Decode(proto.goodbye());
    case pb::PeerMessage::kVoteRequest:
      return Decode(from, proto.vote_request());
    case pb::PeerMessage::kVoteResponse:
      return Decode(proto.vote_response());
    case pb::PeerMessage::kHeartbeat:
      return Decode(proto.heartbeat());
    case pb::PeerMessage::kHeartbeatResponse:
      return Decode(proto.heartbeat_response());
    case pb::PeerMessage::kAppendRequest:
      return Decode(*proto.mutable_append_request());
    case pb::PeerMessage::kAppendResponse:
      return Decode(proto.append_response());
    case pb::PeerMessage::kReadIndexRequest:
      return Decode(proto.read_index_request());
    case pb::PeerMessage::kReadIndexResponse:
      return Decode(proto.read_index_response());
    case pb::PeerMessage::kTimeoutNow:
      return Decode(proto.timeout_now());
    case pb::PeerMessage::kInstallSnapshot:
      return Decode(*proto.mutable_install_snapshot());
    case pb::PeerMessage::kInstallSnapshotResponse:
      return Decode(proto.install_snapshot_response());
    case pb::PeerMessage::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("the kind of the message is unknown to this version");
}

const char* PathOf(raft::StreamClass stream) {
  switch (stream) {
    case raft::StreamClass::kControl:
      return "/quorate.raft.v1.RaftService/Control";
    case raft::StreamClass::kAppend:
      return "/quorate.raft.v1.RaftService/Append";
    case raft::StreamClass::kSnapshot:
      return "/quorate.raft.v1.RaftService/Snapshot";
  }
  LOG(FATAL) << "no such StreamClass: " << static_cast<int>(stream);
}

bool IsRequest(const raft::Message& message) {
  return std::visit(Overloaded{[](const raft::VoteRequest&) { return true; },
                               [](const raft::VoteResponse&) { return false; },
                               [](const raft::Heartbeat&) { return true; },
                               [](const raft::HeartbeatResponse&) { return false; },
                               [](const raft::AppendRequest&) { return true; },
                               [](const raft::AppendResponse&) { return false; },
                               [](const raft::ReadIndexRequest&) { return true; },
                               [](const raft::ReadIndexResponse&) { return false; },
                               [](const raft::TimeoutNow&) { return true; },
                               [](const raft::InstallSnapshot&) { return true; },
                               [](const raft::InstallSnapshotResponse&) { return false; }},
                    message);
}

}  // namespace quorate::server
