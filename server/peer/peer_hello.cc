#include "server/peer/peer_hello.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/host_port.h"

namespace quorate::server {
namespace {

// A cluster id has 22 bytes. The limit is higher so that a refusal can quote a mistyped one.
constexpr size_t kMaxClusterIdBytes = 64;

std::string Join(const std::vector<NodeId>& ids) {
  return absl::StrJoin(ids, ", ", [](std::string* out, NodeId id) { *out += ToString(id); });
}

absl::Status Invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status CheckNodeId(const char* field, int32_t id) {
  return id < 0 ? Invalid(absl::StrFormat("%s is negative", field)) : absl::OkStatus();
}

absl::Status CheckEndpoint(const char* field, const std::string& text) {
  if (text.size() > kMaxHelloEndpointBytes) {
    return Invalid(absl::StrFormat("%s has %d bytes, the limit is %d", field, text.size(),
                                   kMaxHelloEndpointBytes));
  }
  if (!ParseHostPort(text).ok()) {
    return Invalid(absl::StrFormat("%s '%s' is not HOST:PORT", field, absl::CHexEscape(text)));
  }
  return absl::OkStatus();
}

// An endpoint that is not known is empty.
absl::Status CheckKnownEndpoint(const char* field, const std::string& text) {
  return text.empty() ? absl::OkStatus() : CheckEndpoint(field, text);
}

absl::Status CheckCount(const char* field, int count) {
  if (count <= kMaxHelloVoters) return absl::OkStatus();
  return Invalid(
      absl::StrFormat("%s has %d members, the limit is %d", field, count, kMaxHelloVoters));
}

absl::StatusOr<Hello> Parse(const raft::v1::Hello& proto) {
  const std::optional<Uuid> directory_id = Uuid::FromBytes(proto.directory_id());
  if (!directory_id) return Invalid("directory_id is not 16 bytes");
  if (proto.cluster_id().size() > kMaxClusterIdBytes) return Invalid("cluster_id is too long");
  RETURN_IF_ERROR(CheckNodeId("node_id", proto.node_id()));
  RETURN_IF_ERROR(CheckNodeId("expected_node_id", proto.expected_node_id()));
  RETURN_IF_ERROR(CheckEndpoint("peer_endpoint", proto.peer_endpoint()));
  RETURN_IF_ERROR(CheckEndpoint("client_endpoint", proto.client_endpoint()));
  RETURN_IF_ERROR(CheckCount("configured_voters", proto.configured_voters_size()));
  Hello hello{.cluster_id = proto.cluster_id(),
              .expected_node = NodeId(proto.expected_node_id()),
              .session_id = proto.session_id(),
              .incarnation = proto.incarnation(),
              .speaker = {.key = {NodeId(proto.node_id()), *directory_id},
                          .peer_endpoint = proto.peer_endpoint(),
                          .client_endpoint = proto.client_endpoint(),
                          .observer = proto.observer(),
                          .has_log = proto.has_log(),
                          .max_metadata_version = std::max(1U, proto.max_metadata_version())}};
  for (const int32_t id : proto.configured_voters()) {
    RETURN_IF_ERROR(CheckNodeId("a member of configured_voters", id));
    hello.speaker.configured_voters.emplace_back(id);
  }
  if (proto.has_voter_set()) {
    ASSIGN_OR_RETURN(hello.speaker.voter_set, FromProto(proto.voter_set()));
  }
  return hello;
}

}  // namespace

raft::v1::VoterSet ToProto(const raft::VoterSet& voters) {
  raft::v1::VoterSet proto;
  proto.ParseFromString(voters.Encode());
  return proto;
}

absl::StatusOr<raft::VoterSet> FromProto(const raft::v1::VoterSet& proto) {
  RETURN_IF_ERROR(CheckCount("voter_set", proto.voters_size()));
  for (const raft::v1::Voter& voter : proto.voters()) {
    RETURN_IF_ERROR(CheckKnownEndpoint("a voter's peer_endpoint", voter.peer_endpoint()));
    RETURN_IF_ERROR(CheckKnownEndpoint("a voter's client_endpoint", voter.client_endpoint()));
    RETURN_IF_ERROR(CheckKnownEndpoint("a voter's kafka_endpoint", voter.kafka_endpoint()));
  }
  absl::StatusOr<raft::VoterSet> voters = raft::VoterSet::Parse(proto.SerializeAsString());
  if (!voters.ok()) return Invalid(std::string(voters.status().message()));
  return voters;
}

raft::v1::Hello ToProto(const Hello& hello) {
  const raft::PeerHello& speaker = hello.speaker;
  raft::v1::Hello proto;
  proto.set_cluster_id(hello.cluster_id);
  proto.set_node_id(speaker.key.node_id.value());
  proto.set_directory_id(std::string(speaker.key.directory_id.bytes()));
  proto.set_expected_node_id(hello.expected_node.value());
  proto.set_peer_endpoint(speaker.peer_endpoint);
  proto.set_client_endpoint(speaker.client_endpoint);
  for (const NodeId id : speaker.configured_voters) proto.add_configured_voters(id.value());
  proto.set_observer(speaker.observer);
  proto.set_has_log(speaker.has_log);
  if (speaker.voter_set) *proto.mutable_voter_set() = ToProto(*speaker.voter_set);
  proto.set_session_id(hello.session_id);
  proto.set_incarnation(hello.incarnation);
  proto.set_max_metadata_version(speaker.max_metadata_version);
  return proto;
}

absl::StatusOr<Hello> FromProto(const raft::v1::Hello& proto) {
  absl::StatusOr<Hello> hello = Parse(proto);
  if (!hello.ok()) return Invalid("Hello: " + std::string(hello.status().message()));
  return hello;
}

absl::Status CheckHello(const Hello& hello, const HelloPolicy& policy,
                        std::optional<NodeId> dialled) {
  if (hello.cluster_id != policy.cluster_id) {
    return absl::FailedPreconditionError(
        absl::StrFormat("node %d is in cluster '%s', but node %d is in cluster '%s': compare "
                        "cluster-id and the peer addresses in both configurations",
                        hello.from().value(), absl::CHexEscape(hello.cluster_id),
                        policy.self.value(), policy.cluster_id));
  }
  if (dialled && hello.from() != *dialled) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "node %d answered at the address that node %d has for node %d: correct the peer addresses",
        hello.from().value(), policy.self.value(), dialled->value()));
  }
  if (hello.expected_node != policy.self) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "node %d reached node %d at an address where it expected node %d: correct its peer "
        "addresses",
        hello.from().value(), policy.self.value(), hello.expected_node.value()));
  }
  if (hello.from() == policy.self) {
    return absl::FailedPreconditionError(
        absl::StrFormat("another process uses node id %d: give each controller its own node-id",
                        policy.self.value()));
  }
  // A node with a log learns the voters from the log. A node without one, unless it is an observer,
  // intends to found the cluster with us.
  const bool founds = !hello.speaker.observer && !hello.speaker.has_log;
  if (founds &&
      std::find(policy.voters.begin(), policy.voters.end(), hello.from()) == policy.voters.end()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "node %d is not among the voters that node %d is configured with (%s): every controller "
        "must list the same voters; start a controller that joins later with --observer",
        hello.from().value(), policy.self.value(), Join(policy.voters)));
  }
  return absl::OkStatus();
}

}  // namespace quorate::server
