// Plans which voters a command adds and removes, and in which order, from its arguments and the
// current quorum. The functions are pure. If a command is repeated after a part of it was done, the
// plan contains the rest.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// One change of the voter set. A replica is identified by its node id and directory id.
struct VoterStep {
  enum class Action { kAdd, kRemove };
  Action action = Action::kAdd;
  int32_t node_id = 0;
  // 22 characters.
  std::string directory_id;

  friend bool operator==(const VoterStep&, const VoterStep&) = default;
};

// A condition that must hold first, as a phrase.
struct Awaited {
  std::string what;

  friend bool operator==(const Awaited&, const Awaited&) = default;
};

// The steps, each of which must be committed before the next one; or the condition to wait for; or
// an error if the change is impossible.
using VoterPlan = std::variant<std::vector<VoterStep>, Awaited, absl::Status>;

// `directory_id` selects the replica of the node that becomes a voter (for removals: that is a
// voter). If it is empty, the node's current directory is used.
VoterPlan PlanAdd(const admin::v1::DescribeQuorumResponse& quorum, int32_t node_id,
                  const std::string& directory_id);
VoterPlan PlanRemove(const admin::v1::DescribeQuorumResponse& quorum, int32_t node_id,
                     const std::string& directory_id);
// Replaces controller `node_id` by controller `with`: first adds `with`, then removes `node_id`.
// Refuses if both are voters and the number of voters is odd. If `with` is the same node, replaces
// its old directory by its new one. Then the old one is removed first, because a node has at most
// one vote.
VoterPlan PlanReplace(const admin::v1::DescribeQuorumResponse& quorum, int32_t node_id,
                      int32_t with, const std::string& directory_id);

}  // namespace quorate::cli
