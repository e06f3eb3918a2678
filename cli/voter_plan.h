// Which voters a command adds and removes, in which order: from what it was told and how the quorum
// is. Pure, and the same when the command is run again after a part of it was done.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// One change of the voters. A replica is a node and the directory that it has.
struct VoterStep {
  enum class Action { kAdd, kRemove };
  Action action = Action::kAdd;
  int32_t node_id = 0;
  // 22 characters.
  std::string directory_id;

  friend bool operator==(const VoterStep&, const VoterStep&) = default;
};

// What must be there first, in half a sentence.
struct Awaited {
  std::string what;

  friend bool operator==(const Awaited&, const Awaited&) = default;
};

// The steps, each to be committed before the next; or what is waited for; or why it cannot be.
using VoterPlan = std::variant<std::vector<VoterStep>, Awaited, absl::Status>;

// `directory_id` says which replica is meant to become a voter (for removals: which must be one);
// empty: whichever the node has.
VoterPlan PlanAdd(const admin::v1::DescribeQuorumResponse& quorum, int32_t node_id,
                  const std::string& directory_id);
VoterPlan PlanRemove(const admin::v1::DescribeQuorumResponse& quorum, int32_t node_id,
                     const std::string& directory_id);
// Controller `with` in the place of `node_id`: added before the other goes; refused if both are
// among an odd number of voters. The same node: its new directory in the place of the old one,
// which must go first, because a node votes once.
VoterPlan PlanReplace(const admin::v1::DescribeQuorumResponse& quorum, int32_t node_id,
                      int32_t with, const std::string& directory_id);

}  // namespace quorate::cli
