// Chooses the controller that gets leadership in a transfer. Pure functions.
#pragma once

#include <optional>
#include <variant>

#include "base/ids.h"
#include "quorate/common/v1/error.pb.h"
#include "raft/api/replicated_log.h"

namespace quorate::server {

// Returns `target` or, if there is no target, the voter in session other than the leader that has
// the longest log. `status` is the leader's own; the result is the leader if it is the target.
// Returns INVALID_REQUEST if the target is not a voter or not in session, or if there is no target
// and no other voter is in session.
std::variant<NodeId, common::v1::Error> ChooseSuccessor(const raft::QuorumStatus& status,
                                                        std::optional<NodeId> target);

}  // namespace quorate::server
