#include "cli/voter_plan.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeQuorumResponse;
using Replica = DescribeQuorumResponse::Replica;
using Replicas = google::protobuf::RepeatedPtrField<Replica>;
using Action = VoterStep::Action;

const Replica* Find(const Replicas& replicas, int32_t node_id) {
  const auto it = std::find_if(replicas.begin(), replicas.end(), [node_id](const Replica& replica) {
    return replica.node_id() == node_id;
  });
  return it == replicas.end() ? nullptr : &*it;
}

bool IsMeant(const Replica& replica, const std::string& directory_id) {
  return directory_id.empty() || replica.directory_id() == directory_id;
}

VoterStep StepOf(Action action, const Replica& replica) {
  return {action, replica.node_id(), replica.directory_id()};
}

std::string VotersText(const DescribeQuorumResponse& quorum) {
  return absl::StrJoin(quorum.voters(), ", ", [](std::string* out, const Replica& voter) {
    *out += std::to_string(voter.node_id());
  });
}

absl::Status NoVoter(const DescribeQuorumResponse& quorum, int32_t node_id) {
  return absl::NotFoundError(absl::StrFormat("controller %d is not a voter; the voters are %s",
                                             node_id, VotersText(quorum)));
}

absl::Status OtherDirectory(const Replica& replica, const std::string& directory_id) {
  return absl::FailedPreconditionError(absl::StrFormat("controller %d has directory id %s, not %s",
                                                       replica.node_id(), replica.directory_id(),
                                                       directory_id));
}

// Plans to make an observer a voter.
VoterPlan AddObserver(const DescribeQuorumResponse& quorum, int32_t node_id,
                      const std::string& directory_id) {
  const Replica* observer = Find(quorum.observers(), node_id);
  if (observer == nullptr) {
    return Awaited{absl::StrFormat(
        "controller %d to be in session as an observer: start it with --observer", node_id)};
  }
  if (!IsMeant(*observer, directory_id)) return OtherDirectory(*observer, directory_id);
  return std::vector<VoterStep>{StepOf(Action::kAdd, *observer)};
}

VoterPlan ReplaceDirectory(const DescribeQuorumResponse& quorum, int32_t node_id,
                           const std::string& directory_id) {
  const Replica* voter = Find(quorum.voters(), node_id);
  // An earlier run has already removed it.
  if (voter == nullptr) return AddObserver(quorum, node_id, directory_id);
  if (!directory_id.empty() && voter->directory_id() == directory_id) {
    return std::vector<VoterStep>{};
  }
  // The new process may just be starting. A recent contact with the voter does not mean that it
  // still runs.
  if (Find(quorum.observers(), node_id) == nullptr) {
    return Awaited{absl::StrFormat(
        "controller %d to be in session as an observer with another directory id than the voter's, "
        "%s: stop it, empty its data directory and start it with --observer",
        node_id, voter->directory_id())};
  }
  VoterPlan plan = AddObserver(quorum, node_id, directory_id);
  if (auto* steps = std::get_if<std::vector<VoterStep>>(&plan)) {
    steps->insert(steps->begin(), StepOf(Action::kRemove, *voter));
  }
  return plan;
}

}  // namespace

VoterPlan PlanAdd(const DescribeQuorumResponse& quorum, int32_t node_id,
                  const std::string& directory_id) {
  const Replica* voter = Find(quorum.voters(), node_id);
  if (voter == nullptr) return AddObserver(quorum, node_id, directory_id);
  if (Find(quorum.observers(), node_id) == nullptr && IsMeant(*voter, directory_id)) {
    return absl::AlreadyExistsError(absl::StrFormat("controller %d is already a voter", node_id));
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("controller %d is a voter with another directory id, %s: use 'quoratectl "
                      "quorum replace %d' to replace it by the new directory",
                      node_id, voter->directory_id(), node_id));
}

VoterPlan PlanRemove(const DescribeQuorumResponse& quorum, int32_t node_id,
                     const std::string& directory_id) {
  const Replica* voter = Find(quorum.voters(), node_id);
  if (voter == nullptr) return NoVoter(quorum, node_id);
  if (!IsMeant(*voter, directory_id)) return OtherDirectory(*voter, directory_id);
  return std::vector<VoterStep>{StepOf(Action::kRemove, *voter)};
}

VoterPlan PlanReplace(const DescribeQuorumResponse& quorum, int32_t node_id, int32_t with,
                      const std::string& directory_id) {
  if (with == node_id) return ReplaceDirectory(quorum, node_id, directory_id);
  const Replica* voter = Find(quorum.voters(), node_id);
  std::vector<VoterStep> steps;
  const bool is_voter = Find(quorum.voters(), with) != nullptr;
  // Between the two steps of a replacement, the number of voters is even. At other times a
  // well-chosen number is odd. So NODE is more likely mistyped, and the removal would shrink the
  // quorum.
  if (is_voter && voter != nullptr && quorum.voters_size() % 2 == 1) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "controller %d is already a voter, so it cannot replace %d. To finish an interrupted "
        "replacement, or to have fewer voters, run 'quoratectl quorum remove %d'",
        with, node_id, node_id));
  }
  // An earlier run may already have added it and removed the other one.
  if (!is_voter) {
    if (voter == nullptr) return NoVoter(quorum, node_id);
    VoterPlan plan = AddObserver(quorum, with, directory_id);
    if (!std::holds_alternative<std::vector<VoterStep>>(plan)) return plan;
    steps = std::get<std::vector<VoterStep>>(std::move(plan));
  }
  if (voter != nullptr) steps.push_back(StepOf(Action::kRemove, *voter));
  return steps;
}

}  // namespace quorate::cli
