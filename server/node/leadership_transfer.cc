#include "server/node/leadership_transfer.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/answer.h"

namespace quorate::server {
namespace {

common::v1::Error Refuse(std::string message) {
  return controller::MakeError(common::v1::INVALID_REQUEST, std::move(message));
}

std::string Join(const std::vector<NodeId>& ids) {
  return absl::StrJoin(ids, ", ", [](std::string* out, NodeId id) { *out += ToString(id); });
}

}  // namespace

std::variant<NodeId, common::v1::Error> ChooseSuccessor(const raft::QuorumStatus& status,
                                                        std::optional<NodeId> target) {
  if (target == status.self) return *target;
  if (target && status.voter_set.FindByNodeId(*target) == nullptr) {
    return Refuse(absl::StrFormat("controller %d is not a voter; the voters are %s",
                                  target->value(), Join(status.voter_set.NodeIds())));
  }
  const raft::ReplicaStatus* best = nullptr;
  for (const raft::ReplicaStatus& replica : status.replicas) {
    if (!replica.is_voter || !replica.in_session || replica.key.node_id == status.self) continue;
    if (target && replica.key.node_id != *target) continue;
    if (best == nullptr || replica.log_end_offset > best->log_end_offset) best = &replica;
  }
  if (best != nullptr) return best->key.node_id;
  return Refuse(target
                    ? absl::StrFormat("controller %d is not in session with the active controller",
                                      target->value())
                    : "no other voter is in session with the active controller");
}

}  // namespace quorate::server
