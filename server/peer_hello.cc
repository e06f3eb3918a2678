#include "server/peer_hello.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace quorate::server {
namespace {

std::string Join(const std::vector<NodeId>& ids) {
  return absl::StrJoin(ids, ", ", [](std::string* out, NodeId id) { *out += ToString(id); });
}

}  // namespace

raft::v1::Hello ToProto(const Hello& hello) {
  const raft::PeerHello& speaker = hello.speaker;
  raft::v1::Hello proto;
  proto.set_cluster_id(hello.cluster_id);
  proto.set_node_id(speaker.key.node_id.value());
  proto.set_directory_id(std::string(speaker.key.directory_id.bytes()));
  proto.set_expected_node_id(hello.expected_node.value());
  proto.set_peer_endpoint(speaker.peer_endpoint);
  proto.set_client_endpoint(hello.client_endpoint);
  for (const NodeId id : speaker.configured_voters) proto.add_configured_voters(id.value());
  proto.set_observer(speaker.observer);
  proto.set_has_log(speaker.has_log);
  if (speaker.voter_set) proto.mutable_voter_set()->ParseFromString(speaker.voter_set->Encode());
  proto.set_session_id(hello.session_id);
  return proto;
}

absl::StatusOr<Hello> FromProto(const raft::v1::Hello& proto) {
  const std::optional<Uuid> directory_id = Uuid::FromBytes(proto.directory_id());
  if (!directory_id) return absl::InvalidArgumentError("Hello: directory_id is not 16 bytes");
  if (proto.node_id() < 0) return absl::InvalidArgumentError("Hello: node_id is negative");
  Hello hello{.cluster_id = proto.cluster_id(),
              .expected_node = NodeId(proto.expected_node_id()),
              .client_endpoint = proto.client_endpoint(),
              .session_id = proto.session_id(),
              .speaker = {.key = {NodeId(proto.node_id()), *directory_id},
                          .peer_endpoint = proto.peer_endpoint(),
                          .observer = proto.observer(),
                          .has_log = proto.has_log()}};
  for (const int32_t id : proto.configured_voters()) {
    hello.speaker.configured_voters.emplace_back(id);
  }
  if (proto.has_voter_set()) {
    absl::StatusOr<raft::VoterSet> voters =
        raft::VoterSet::Parse(proto.voter_set().SerializeAsString());
    if (!voters.ok()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("Hello: %s", std::string(voters.status().message())));
    }
    hello.speaker.voter_set = *std::move(voters);
  }
  return hello;
}

absl::Status CheckHello(const Hello& hello, const HelloPolicy& policy,
                        std::optional<NodeId> dialled) {
  if (hello.cluster_id != policy.cluster_id) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "a node %d of cluster '%s' spoke to node %d of cluster '%s': compare cluster_id and the "
        "peer addresses of both configurations",
        hello.from().value(), absl::CHexEscape(hello.cluster_id), policy.self.value(),
        policy.cluster_id));
  }
  if (dialled && hello.from() != *dialled) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "node %d answered at the address that node %d has for node %d: correct the peer addresses",
        hello.from().value(), policy.self.value(), dialled->value()));
  }
  if (hello.expected_node != policy.self) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "node %d reached node %d where it expected node %d: correct its peer addresses",
        hello.from().value(), policy.self.value(), hello.expected_node.value()));
  }
  if (hello.from() == policy.self) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "another process calls itself node %d: give each controller a node_id of its own",
        policy.self.value()));
  }
  // Who has the log is told by it who counts. The others mean to found the cluster with us.
  const bool founds = !hello.speaker.observer && !hello.speaker.has_log;
  if (founds &&
      std::find(policy.voters.begin(), policy.voters.end(), hello.from()) == policy.voters.end()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "node %d is not among the voters that node %d is configured with (%s): every controller "
        "must list the same voters, and one that joins later is started with --observer",
        hello.from().value(), policy.self.value(), Join(policy.voters)));
  }
  return absl::OkStatus();
}

}  // namespace quorate::server
