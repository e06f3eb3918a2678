#include "controller/decide/voters/voter_decisions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/overloaded.h"
#include "controller/answer.h"

namespace quorate::controller {
namespace {

using Outcome = std::variant<raft::VoterSet, NotYet, common::v1::Error>;

std::string NameOf(const raft::ReplicaKey& replica) {
  return absl::StrFormat("controller %d with directory id %s", replica.node_id.value(),
                         replica.directory_id.ToString());
}

// Returns a replica with the same node id and another directory id, or null.
const raft::ReplicaStatus* FindOther(const raft::QuorumStatus& status,
                                     const raft::ReplicaKey& replica) {
  const auto it = std::find_if(status.replicas.begin(), status.replicas.end(),
                               [&replica](const raft::ReplicaStatus& r) {
                                 return r.key.node_id == replica.node_id && r.key != replica;
                               });
  return it == status.replicas.end() ? nullptr : &*it;
}

const raft::ReplicaStatus* Find(const raft::QuorumStatus& status, const raft::ReplicaKey& replica) {
  const auto it =
      std::find_if(status.replicas.begin(), status.replicas.end(),
                   [&replica](const raft::ReplicaStatus& r) { return r.key == replica; });
  return it == status.replicas.end() ? nullptr : &*it;
}

Outcome UnlessItStopsTheQuorum(raft::VoterSet next, const raft::QuorumStatus& status) {
  size_t ready = 0;
  for (const raft::Voter& voter : next.voters()) {
    const raft::ReplicaStatus* replica = Find(status, voter.key);
    if (replica != nullptr && replica->caught_up) ++ready;
  }
  if (ready >= next.Majority()) return next;
  return NotYet{
      absl::StrFormat("of the %d voters after the change, only %d would be caught up, and "
                      "%d are needed",
                      next.size(), ready, next.Majority())};
}

Outcome Decide(const AddVoter& add, const raft::VoterSet& voters, const raft::QuorumStatus& status,
               uint32_t metadata_version) {
  if (voters.Contains(add.replica)) return voters;
  const NodeId id = add.replica.node_id;
  if (const raft::Voter* former = voters.FindByNodeId(id)) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("%s is a voter: remove it first, because a new directory under "
                        "an old node id is another replica",
                        NameOf(former->key)));
  }
  const raft::ReplicaStatus* observer = Find(status, add.replica);
  if (const raft::ReplicaStatus* other = FindOther(status, add.replica);
      observer == nullptr && other != nullptr) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("%s is not in session: the controller in session under this node id has "
                        "directory id %s",
                        NameOf(add.replica), other->key.directory_id.ToString()));
  }
  if (observer == nullptr) {
    return NotYet{
        absl::StrFormat("%s is not in session with the active controller: start it with --observer",
                        NameOf(add.replica))};
  }
  // Such a program ends when it replays the log. As a voter, it could not be part of a majority.
  if (observer->in_session && observer->max_metadata_version < metadata_version) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("%s supports metadata version %d at most, but the log has version %d: "
                        "start a newer program there",
                        NameOf(add.replica), observer->max_metadata_version, metadata_version));
  }
  if (!observer->caught_up) {
    return NotYet{absl::StrFormat(
        "%s has not caught up: it has the log up to offset %d of %d", NameOf(add.replica),
        observer->log_end_offset.value_or(RecordOffset(0)).value(), status.log_end_offset.value())};
  }
  raft::Voter voter = observer->announced.value_or(
      raft::Voter{.key = add.replica, .peer_endpoint = observer->peer_endpoint});
  if (metadata_version < raft::kVoterEndpointsVersion) voter.client_endpoint.clear();
  return UnlessItStopsTheQuorum(voters.With(std::move(voter)), status);
}

Outcome Decide(const RemoveVoter& remove, const raft::VoterSet& voters,
               const raft::QuorumStatus& status, uint32_t /*metadata_version*/) {
  const raft::Voter* voter = voters.FindByNodeId(remove.node_id);
  const bool is_meant =
      voter != nullptr && (!remove.directory_id || *remove.directory_id == voter->key.directory_id);
  if (!is_meant) return voters;
  if (voters.size() == 1) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("%s is the only voter: add another one first", NameOf(voter->key)));
  }
  return UnlessItStopsTheQuorum(voters.Without(remove.node_id), status);
}

// Replaces the address of a listener by the announced one, and adds the change to `changes`.
void Move(const char* listener, const std::string& announced, std::string& address,
          std::vector<std::string>& changes) {
  if (announced.empty() || announced == address) return;
  changes.push_back(
      absl::StrFormat("%s %s -> %s", listener, address.empty() ? "none" : address, announced));
  address = announced;
}

// The most voters whose addresses a cause names. It bounds the size of the cause.
constexpr size_t kMaxNamedVoters = 8;

}  // namespace

std::string ToText(const VoterChange& change) {
  return std::visit(Overloaded{[](const AddVoter& add) {
                                 return absl::StrFormat("add controller %d to the voters",
                                                        add.replica.node_id.value());
                               },
                               [](const RemoveVoter& remove) {
                                 return absl::StrFormat("remove controller %d from the voters",
                                                        remove.node_id.value());
                               }},
                    change);
}

std::variant<raft::VoterSet, NotYet, common::v1::Error> DecideVoterChange(
    const VoterChange& change, const raft::VoterSet& voters, const raft::QuorumStatus& status,
    uint32_t metadata_version) {
  return std::visit([&](const auto& c) { return Decide(c, voters, status, metadata_version); },
                    change);
}

std::optional<MovedVoters> DecideMovedVoters(const raft::VoterSet& voters,
                                             const raft::QuorumStatus& status,
                                             uint32_t metadata_version) {
  if (metadata_version < raft::kVoterEndpointsVersion) return std::nullopt;
  raft::VoterSet next = voters;
  std::vector<std::string> causes;
  for (const raft::Voter& voter : voters.voters()) {
    const raft::ReplicaStatus* replica = Find(status, voter.key);
    if (replica == nullptr || !replica->announced) continue;
    raft::Voter moved = voter;
    std::vector<std::string> changes;
    Move("peer", replica->announced->peer_endpoint, moved.peer_endpoint, changes);
    Move("client", replica->announced->client_endpoint, moved.client_endpoint, changes);
    if (changes.empty()) continue;
    next = next.With(std::move(moved));
    causes.push_back(absl::StrFormat("voter %d moved: %s", voter.key.node_id.value(),
                                     absl::StrJoin(changes, ", ")));
  }
  if (causes.empty()) return std::nullopt;
  if (causes.size() > kMaxNamedVoters) {
    const size_t unnamed = causes.size() - kMaxNamedVoters;
    causes.resize(kMaxNamedVoters);
    causes.push_back(absl::StrFormat("and %d more", unnamed));
  }
  return MovedVoters{.voters = std::move(next), .cause = absl::StrJoin(causes, "; ")};
}

}  // namespace quorate::controller
