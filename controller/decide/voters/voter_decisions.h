// Decides whether a change of the voters may be made now. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "quorate/common/v1/error.pb.h"
#include "raft/api/quorum_status.h"
#include "raft/api/voter_set.h"

namespace quorate::controller {

// Makes the observer with this node id and directory id a voter. Does nothing if it is one already.
struct AddVoter {
  raft::ReplicaKey replica;
};
// Makes a voter an observer. Does nothing if it is not a voter or has another directory id than the
// given one.
struct RemoveVoter {
  NodeId node_id;
  std::optional<Uuid> directory_id;
};
using VoterChange = std::variant<AddVoter, RemoveVoter>;

// Returns, for example, "add controller 4 to the voters": for people, and for the cause in the
// entry's header.
std::string ToText(const VoterChange& change);

// The change is not possible now but may become so. `reason` says why, for people.
struct NotYet {
  std::string reason;
};

// Returns the new voter set (equal to `voters` if there is nothing to change), or why there is
// none. `status` is the leader's, `metadata_version` that of the log. An observer becomes a voter
// only when it has caught up, and no change may leave fewer caught-up voters than a majority.
// Either could stop the quorum for long. INVALID_REQUEST: the change is impossible in the present
// state; the message names the remedy.
std::variant<raft::VoterSet, NotYet, common::v1::Error> DecideVoterChange(
    const VoterChange& change, const raft::VoterSet& voters, const raft::QuorumStatus& status,
    uint32_t metadata_version);

// The voters at their new addresses.
struct MovedVoters {
  // The members are the same.
  raft::VoterSet voters;
  // Names the voters and their addresses, for the cause in the entry's header.
  std::string cause;
};

// Returns the voters with the addresses that those in session announce (KIP-853: UpdateRaftVoter);
// nullopt if no address differs, or below metadata version 2. `status` is the leader's.
std::optional<MovedVoters> DecideMovedVoters(const raft::VoterSet& voters,
                                             const raft::QuorumStatus& status,
                                             uint32_t metadata_version);

}  // namespace quorate::controller
