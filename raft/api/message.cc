#include "raft/api/message.h"

#include "absl/strings/str_format.h"
#include "base/overloaded.h"

namespace quorate::raft {
namespace {

const char* ToText(bool value) { return value ? "true" : "false"; }

// Returns the entries as runs of one epoch: "[4-6@2 7@3]".
std::string ToText(const std::vector<EntryPtr>& entries) {
  std::string text = "[";
  for (size_t first = 0, end = 0; first < entries.size(); first = end) {
    const Epoch epoch = entries[first]->epoch();
    for (end = first; end < entries.size() && entries[end]->epoch() == epoch;) ++end;
    if (first > 0) text += ' ';
    absl::StrAppendFormat(&text, "%d", entries[first]->index().value());
    if (end > first + 1) absl::StrAppendFormat(&text, "-%d", entries[end - 1]->index().value());
    absl::StrAppendFormat(&text, "@%d", epoch.value());
  }
  return text + "]";
}

std::string ToText(const SnapshotId& id) {
  return absl::StrFormat("%d@%d", id.end_offset.value(), id.epoch.value());
}

// Returns " voters=1,2,3", or an empty string without a voter set.
std::string ToText(const std::optional<VoterSet>& voters) {
  if (!voters) return "";
  std::string text = " voters=";
  for (const Voter& voter : voters->voters()) {
    if (text.back() != '=') text += ',';
    absl::StrAppendFormat(&text, "%d", voter.key.node_id.value());
  }
  return text;
}

const char* ToText(InstallSnapshotResponse::State state) {
  switch (state) {
    case InstallSnapshotResponse::State::kWanted:
      return "wanted";
    case InstallSnapshotResponse::State::kBusy:
      return "busy";
    case InstallSnapshotResponse::State::kInstalled:
      return "installed";
  }
  return "?";
}

}  // namespace

const char* ToString(StreamClass stream) {
  switch (stream) {
    case StreamClass::kControl:
      return "control";
    case StreamClass::kAppend:
      return "append";
    case StreamClass::kSnapshot:
      return "snapshot";
  }
  return "?";
}

StreamClass StreamOf(const Message& message) {
  return std::visit(
      Overloaded{[](const AppendRequest&) { return StreamClass::kAppend; },
                 [](const AppendResponse&) { return StreamClass::kAppend; },
                 [](const InstallSnapshot&) { return StreamClass::kSnapshot; },
                 [](const InstallSnapshotResponse&) { return StreamClass::kSnapshot; },
                 [](const auto&) { return StreamClass::kControl; }},
      message);
}

std::string ToString(const Message& message) {
  return std::visit(
      Overloaded{
          [](const VoteRequest& m) {
            return absl::StrFormat(
                "VoteRequest{epoch=%d candidate=%d:%s last_epoch=%d last_index=%d pre_vote=%s "
                "transfer=%s%s}",
                m.epoch.value(), m.candidate.node_id.value(), m.candidate.directory_id.ToString(),
                m.last_epoch.value(), m.last_index.value(), ToText(m.pre_vote), ToText(m.transfer),
                ToText(m.voters));
          },
          [](const VoteResponse& m) {
            return absl::StrFormat(
                "VoteResponse{epoch=%d requested_epoch=%d granted=%s pre_vote=%s}", m.epoch.value(),
                m.requested_epoch.value(), ToText(m.granted), ToText(m.pre_vote));
          },
          [](const Heartbeat& m) {
            return absl::StrFormat(
                "Heartbeat{epoch=%d commit_index=%d read_sequence=%d high_watermark=%d%s}",
                m.epoch.value(), m.commit_index.value(), m.read_sequence, m.high_watermark.value(),
                ToText(m.voters));
          },
          [](const HeartbeatResponse& m) {
            return absl::StrFormat("HeartbeatResponse{epoch=%d read_sequence=%d%s}",
                                   m.epoch.value(), m.read_sequence, ToText(m.voters));
          },
          [](const AppendRequest& m) {
            return absl::StrFormat(
                "AppendRequest{epoch=%d sequence=%d prev_index=%d prev_epoch=%d commit_index=%d "
                "entries=%s}",
                m.epoch.value(), m.sequence, m.prev_index.value(), m.prev_epoch.value(),
                m.commit_index.value(), ToText(m.entries));
          },
          [](const AppendResponse& m) {
            return absl::StrFormat(
                "AppendResponse{epoch=%d sequence=%d success=%s match_index=%d "
                "match_end_offset=%d hint_index=%d hint_epoch=%d}",
                m.epoch.value(), m.sequence, ToText(m.success), m.match_index.value(),
                m.match_end_offset.value(), m.hint_index.value(), m.hint_epoch.value());
          },
          [](const ReadIndexRequest& m) {
            return absl::StrFormat("ReadIndexRequest{token=%d epoch=%d}", m.token, m.epoch.value());
          },
          [](const ReadIndexResponse& m) {
            return absl::StrFormat(
                "ReadIndexResponse{token=%d epoch=%d confirmed=%s read_index=%d}", m.token,
                m.epoch.value(), ToText(m.confirmed), m.read_index.value());
          },
          [](const TimeoutNow& m) {
            return absl::StrFormat("TimeoutNow{epoch=%d}", m.epoch.value());
          },
          [](const InstallSnapshot& m) {
            return absl::StrFormat(
                "InstallSnapshot{epoch=%d sequence=%d id=%s last_index=%d position=%d "
                "total_bytes=%d bytes=%d}",
                m.epoch.value(), m.sequence, ToText(m.id), m.last_index.value(), m.position,
                m.total_bytes, m.bytes.size());
          },
          [](const InstallSnapshotResponse& m) {
            return absl::StrFormat(
                "InstallSnapshotResponse{epoch=%d sequence=%d id=%s state=%s position=%d}",
                m.epoch.value(), m.sequence, ToText(m.id), ToText(m.state), m.position);
          },
      },
      message);
}

}  // namespace quorate::raft
