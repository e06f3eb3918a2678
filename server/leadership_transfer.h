// To whom the active controller may hand its office. Pure.
#pragma once

#include <optional>
#include <variant>

#include "base/ids.h"
#include "quorate/common/v1/error.pb.h"
#include "raft/replicated_log.h"

namespace quorate::server {

// `target`, or, if there is none, the other voter in session that has most of the log. `status` is
// the leader's; the answer may be the leader itself, if it is the target. INVALID_REQUEST: the
// target is no voter or not in session, or no other voter is; the message says which are.
std::variant<NodeId, common::v1::Error> ChooseSuccessor(const raft::QuorumStatus& status,
                                                        std::optional<NodeId> target);

}  // namespace quorate::server
