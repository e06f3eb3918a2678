#include "raft/api/voter_set.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::raft {
namespace {

// The part of protobuf's wire format that quorate.raft.v1.VoterSet needs. A tag is the field number
// times 8 plus the wire type.
constexpr uint8_t kVarint = 0;
constexpr uint8_t kLengthDelimited = 2;
constexpr uint8_t kVoterTag = 1 << 3 | kLengthDelimited;
constexpr uint8_t kNodeIdTag = 1 << 3 | kVarint;
constexpr uint8_t kDirectoryIdTag = 2 << 3 | kLengthDelimited;
constexpr uint8_t kPeerEndpointTag = 3 << 3 | kLengthDelimited;
constexpr uint8_t kClientEndpointTag = 4 << 3 | kLengthDelimited;
constexpr uint8_t kKafkaEndpointTag = 5 << 3 | kLengthDelimited;

void AppendVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void AppendBytes(std::string& out, uint8_t tag, std::string_view bytes) {
  out.push_back(static_cast<char>(tag));
  AppendVarint(out, bytes.size());
  out += bytes;
}

// proto3 omits a field that has its default value.
void AppendEndpoint(std::string& out, uint8_t tag, std::string_view endpoint) {
  if (!endpoint.empty()) AppendBytes(out, tag, endpoint);
}

// Each Take… function removes what it returns from the front of `in`. It returns nullopt, or false,
// if that is not there completely.
std::optional<uint64_t> TakeVarint(std::string_view& in) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

bool TakeTag(std::string_view& in, uint8_t tag) {
  if (in.empty() || static_cast<uint8_t>(in.front()) != tag) return false;
  in.remove_prefix(1);
  return true;
}

std::optional<std::string_view> TakeBytes(std::string_view& in) {
  const std::optional<uint64_t> size = TakeVarint(in);
  if (!size || *size > in.size()) return std::nullopt;
  const std::string_view bytes = in.substr(0, *size);
  in.remove_prefix(*size);
  return bytes;
}

// Sets `endpoint` if the field is there. Returns false if it is not there completely, or if it has
// a byte that no endpoint has. Protobuf, for example, does not parse a text that is not UTF-8.
bool TakeEndpoint(std::string_view& in, uint8_t tag, std::string& endpoint) {
  if (!TakeTag(in, tag)) return true;
  const std::optional<std::string_view> bytes = TakeBytes(in);
  if (!bytes || !std::all_of(bytes->begin(), bytes->end(), absl::ascii_isgraph)) return false;
  endpoint = *bytes;
  return true;
}

std::optional<Voter> ParseVoter(std::string_view in) {
  Voter voter;
  if (TakeTag(in, kNodeIdTag)) {
    const std::optional<uint64_t> id = TakeVarint(in);
    if (!id || *id > std::numeric_limits<int32_t>::max()) return std::nullopt;
    voter.key.node_id = NodeId(static_cast<int32_t>(*id));
  }
  if (!TakeTag(in, kDirectoryIdTag)) return std::nullopt;
  const std::optional<std::string_view> uuid_bytes = TakeBytes(in);
  const std::optional<Uuid> directory_id = uuid_bytes ? Uuid::FromBytes(*uuid_bytes) : std::nullopt;
  if (!directory_id) return std::nullopt;
  voter.key.directory_id = *directory_id;
  if (!TakeEndpoint(in, kPeerEndpointTag, voter.peer_endpoint) ||
      !TakeEndpoint(in, kClientEndpointTag, voter.client_endpoint) ||
      !TakeEndpoint(in, kKafkaEndpointTag, voter.kafka_endpoint) || !in.empty()) {
    return std::nullopt;
  }
  return voter;
}

}  // namespace

VoterSet::VoterSet(std::vector<Voter> voters) : voters_(std::move(voters)) {
  std::sort(voters_.begin(), voters_.end(),
            [](const Voter& a, const Voter& b) { return a.key.node_id < b.key.node_id; });
  for (size_t i = 0; i < voters_.size(); ++i) {
    CHECK_GE(voters_[i].key.node_id, NodeId(0));
    if (i > 0) CHECK_NE(voters_[i - 1].key.node_id, voters_[i].key.node_id) << "voter twice";
  }
}

bool VoterSet::Contains(const ReplicaKey& key) const {
  const Voter* voter = FindByNodeId(key.node_id);
  return voter != nullptr && voter->key == key;
}

const Voter* VoterSet::FindByNodeId(NodeId id) const {
  const auto it = std::find_if(voters_.begin(), voters_.end(),
                               [id](const Voter& voter) { return voter.key.node_id == id; });
  return it == voters_.end() ? nullptr : &*it;
}

std::vector<NodeId> VoterSet::NodeIds() const {
  std::vector<NodeId> ids;
  ids.reserve(voters_.size());
  for (const Voter& voter : voters_) ids.push_back(voter.key.node_id);
  return ids;
}

LogIndex VoterSet::MajorityIndex(std::vector<LogIndex> match) {
  CHECK(!match.empty());
  // In ascending order, the voters from this position on are just a majority: size/2 + 1 of them.
  const auto position = match.begin() + static_cast<std::ptrdiff_t>((match.size() - 1) / 2);
  std::nth_element(match.begin(), position, match.end());
  return *position;
}

size_t VoterSet::RankAfter(NodeId dead, NodeId self) const {
  CHECK(FindByNodeId(self) != nullptr && dead != self);
  // Whether `voter` comes before `self` in the cycle that begins after `dead`.
  const auto comes_before_self = [dead, self](const Voter& voter) {
    const NodeId id = voter.key.node_id;
    return self > dead ? id > dead && id < self : id > dead || id < self;
  };
  return static_cast<size_t>(std::count_if(voters_.begin(), voters_.end(), comes_before_self));
}

VoterSet VoterSet::With(Voter voter) const {
  VoterSet set = Without(voter.key.node_id);
  set.voters_.push_back(std::move(voter));
  return VoterSet(std::move(set.voters_));
}

VoterSet VoterSet::Without(NodeId id) const {
  VoterSet set = *this;
  std::erase_if(set.voters_, [id](const Voter& voter) { return voter.key.node_id == id; });
  return set;
}

size_t VoterSet::DistanceTo(const VoterSet& other) const {
  const auto count_missing = [](const VoterSet& from, const VoterSet& in) {
    return std::count_if(from.voters_.begin(), from.voters_.end(),
                         [&in](const Voter& voter) { return !in.Contains(voter.key); });
  };
  return static_cast<size_t>(count_missing(*this, other) + count_missing(other, *this));
}

std::string VoterSet::Encode() const {
  std::string out;
  for (const Voter& voter : voters_) {
    std::string field;
    if (voter.key.node_id != NodeId(0)) {
      field.push_back(static_cast<char>(kNodeIdTag));
      AppendVarint(field, static_cast<uint64_t>(voter.key.node_id.value()));
    }
    AppendBytes(field, kDirectoryIdTag, voter.key.directory_id.bytes());
    AppendEndpoint(field, kPeerEndpointTag, voter.peer_endpoint);
    AppendEndpoint(field, kClientEndpointTag, voter.client_endpoint);
    AppendEndpoint(field, kKafkaEndpointTag, voter.kafka_endpoint);
    AppendBytes(out, kVoterTag, field);
  }
  return out;
}

absl::StatusOr<VoterSet> VoterSet::Parse(std::string_view bytes) {
  const auto damaged = [size = bytes.size()](std::string_view what) {
    return absl::DataLossError(absl::StrFormat("voter set of %d bytes: %s", size, what));
  };
  std::vector<Voter> voters;
  for (std::string_view in = bytes; !in.empty();) {
    const std::optional<std::string_view> field =
        TakeTag(in, kVoterTag) ? TakeBytes(in) : std::nullopt;
    std::optional<Voter> voter = field ? ParseVoter(*field) : std::nullopt;
    if (!voter) return damaged(absl::StrFormat("voter %d does not parse", voters.size() + 1));
    if (!voters.empty() && voters.back().key.node_id >= voter->key.node_id) {
      return damaged("node ids do not ascend");
    }
    voters.push_back(*std::move(voter));
  }
  VoterSet set(std::move(voters));
  // Each set has one encoding: overlong numbers and encoded default values are damage too.
  if (set.Encode() != bytes) return damaged("not in canonical form");
  return set;
}

}  // namespace quorate::raft
