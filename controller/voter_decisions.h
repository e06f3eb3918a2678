// Whether a change of the voters may be made now. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "quorate/common/v1/error.pb.h"
#include "raft/replicated_log.h"
#include "raft/voter_set.h"

namespace quorate::controller {

// The observer with this node id and directory id becomes a voter. Already one: nothing to do.
struct AddVoter {
  raft::ReplicaKey replica;
};
// A voter becomes an observer. It is none, or has another directory id than the one given: nothing
// to do.
struct RemoveVoter {
  NodeId node_id;
  std::optional<Uuid> directory_id;
};
using VoterChange = std::variant<AddVoter, RemoveVoter>;

// "add controller 4 to the voters": for people, and the cause in the entry's header.
std::string ToText(const VoterChange& change);

// It may become possible; why it is not, for people.
struct NotYet {
  std::string reason;
};

// The set that is to govern (equal to `voters`: nothing to do), or why not. `status` is the
// leader's. An observer is made a voter only when it has caught up, and no change is made that
// would leave fewer caught-up voters than a majority: either could stop the quorum for long.
// INVALID_REQUEST: never possible as things stand; the message names the remedy.
std::variant<raft::VoterSet, NotYet, common::v1::Error> DecideVoterChange(
    const VoterChange& change, const raft::VoterSet& voters, const raft::QuorumStatus& status);

}  // namespace quorate::controller
