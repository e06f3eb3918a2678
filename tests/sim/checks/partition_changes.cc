#include "tests/sim/checks/partition_changes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/sim/checks/partition_states.h"

namespace quorate::sim {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using admin::v1::ElectLeadersRequest;
using broker::v1::AlterPartitionRequest;
using metadata::MetadataImage;
using metadata::PartitionView;
using Ids = std::vector<BrokerId>;
using IdSet = std::set<BrokerId>;

IdSet SetOf(const Ids& ids) { return {ids.begin(), ids.end()}; }

IdSet Without(const IdSet& a, const IdSet& b) {
  IdSet rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(rest, rest.end()));
  return rest;
}

Ids ReplicasOf(const PartitionView& partition) { return partition.ReplicasIn(~0U); }
Ids TargetOf(const PartitionView& partition) { return partition.ReplicasIn(TargetMask(partition)); }
// The replicas that the partition has again if its reassignment is cancelled.
IdSet OriginalsOf(const PartitionView& partition) {
  return SetOf(partition.ReplicasIn(~partition.adding_mask()));
}

IdSet Common(const IdSet& a, const IdSet& b) { return Without(a, Without(a, b)); }

// Returns the part of the request that is about this partition, or null.
const AlterPartitionReassignmentsRequest::Partition* FindReassignment(const PartitionStep& step) {
  const auto* request = std::get_if<AlterPartitionReassignmentsRequest>(&step.request);
  if (request == nullptr) return nullptr;
  for (const auto& topic : request->topics()) {
    if (topic.topic().name() != step.topic.name()) continue;
    for (const auto& partition : topic.partitions()) {
      if (partition.partition() == step.now.index()) return &partition;
    }
  }
  return nullptr;
}

const AlterPartitionRequest::Partition* FindIsrRequest(const PartitionStep& step) {
  const auto* request = std::get_if<AlterPartitionRequest>(&step.request);
  if (request == nullptr) return nullptr;
  for (const auto& topic : request->topics()) {
    if (topic.topic_id() != step.topic.id().bytes()) continue;
    for (const auto& partition : topic.partitions()) {
      if (partition.partition() == step.now.index()) return &partition;
    }
  }
  return nullptr;
}

bool IsRegistered(const MetadataImage& image, BrokerId broker, int64_t broker_epoch) {
  const metadata::BrokerRegistration* registration = image.FindBroker(broker);
  return registration != nullptr && registration->broker_epoch == broker_epoch;
}

std::string FindEpochProblem(const PartitionStep& step) {
  const auto& [before, after, topic, old, now, request] = step;
  if (now.partition_epoch() != old.partition_epoch() + 1) {
    return absl::StrFormat("it changes, and its partition epoch goes from %d to %d",
                           old.partition_epoch(), now.partition_epoch());
  }
  const bool has_left = !Without(SetOf(ReplicasOf(old)), SetOf(ReplicasOf(now))).empty();
  const int32_t growth = has_left || now.leader() != old.leader() ? 1 : 0;
  if (now.leader_epoch() == old.leader_epoch() + growth) return "";
  return absl::StrFormat("its leader %s, and its leader epoch goes from %d to %d",
                         now.leader() != old.leader() ? "changes"
                         : has_left                   ? "stays, but a replica leaves"
                                                      : "and replicas stay",
                         old.leader_epoch(), now.leader_epoch());
}

// Whether a broker outside the ISR becomes the leader. A request for another ISR may complete a
// reassignment, and then a replica leads that joins the ISR with this request.
bool IsUnclean(const PartitionStep& step) {
  const auto leader = step.now.leader();
  return leader && leader != step.old.leader() && !step.old.InIsr(*leader) &&
         FindIsrRequest(step) == nullptr;
}

std::string FindUncleanProblem(const PartitionStep& step) {
  if (!IsUnclean(step)) return "";
  const BrokerId leader = *step.now.leader();
  const auto* elect = std::get_if<ElectLeadersRequest>(&step.request);
  const bool is_allowed = AllowsUnclean(step.before, step.topic) ||
                          AllowsUnclean(step.after, step.topic) ||
                          (elect != nullptr && elect->type() == ElectLeadersRequest::UNCLEAN);
  if (!is_allowed) {
    return absl::StrFormat("broker %d becomes its leader and was not in its ISR", leader.value());
  }
  for (const BrokerId replica : ReplicasOf(step.now)) {
    if (step.old.InIsr(replica) && IsActive(step.after, replica)) {
      return absl::StrFormat("broker %d becomes its leader, although broker %d is in the ISR",
                             leader.value(), replica.value());
    }
  }
  if (step.now.Isr() != Ids{leader}) return "its unclean leader is not alone in the ISR";
  if (!step.now.recovering()) return "its unclean leader is not marked as recovering";
  return "";
}

// A leader has requested the ISR for the state that it changes.
std::string FindRequestedIsrProblem(const PartitionStep& step,
                                    const AlterPartitionRequest::Partition& wanted) {
  const auto& request = std::get<AlterPartitionRequest>(step.request);
  const BrokerId sender(request.broker_id());
  if (step.old.leader() != sender) {
    return absl::StrFormat("broker %d changes its ISR and does not lead it", sender.value());
  }
  if (!IsRegistered(step.before, sender, request.broker_epoch())) {
    return absl::StrFormat("an earlier process of broker %d changes its ISR", sender.value());
  }
  if (wanted.leader_epoch() != step.old.leader_epoch() ||
      wanted.partition_epoch() != step.old.partition_epoch()) {
    return absl::StrFormat("its leader changes the ISR of epochs %d/%d, not %d/%d",
                           wanted.leader_epoch(), wanted.partition_epoch(), step.old.leader_epoch(),
                           step.old.partition_epoch());
  }
  IdSet members;
  for (const auto& member : wanted.new_isr()) {
    const BrokerId id(member.broker_id());
    if (!IsActive(step.after, id)) {
      return absl::StrFormat("broker %d joins the ISR and is not active", id.value());
    }
    if (!IsRegistered(step.after, id, member.broker_epoch())) {
      return absl::StrFormat("broker %d joins the ISR, but an earlier process had caught up",
                             id.value());
    }
    members.insert(id);
  }
  if (SetOf(step.now.Isr()) != Common(members, SetOf(ReplicasOf(step.now)))) {
    return "its ISR is not the one that its leader has asked for";
  }
  return "";
}

std::string FindIsrProblem(const PartitionStep& step) {
  if (const auto* wanted = FindIsrRequest(step)) return FindRequestedIsrProblem(step, *wanted);
  if (IsUnclean(step)) return "";
  const IdSet old_isr = Common(SetOf(step.old.Isr()), SetOf(ReplicasOf(step.now)));
  const IdSet isr = SetOf(step.now.Isr());
  if (const IdSet joined = Without(isr, old_isr); !joined.empty()) {
    return absl::StrFormat("broker %d joins its ISR without the leader's request",
                           joined.begin()->value());
  }
  for (const BrokerId member : Without(old_isr, isr)) {
    if (!step.now.leader()) {
      return absl::StrFormat("broker %d leaves its ISR, which has no other leader", member.value());
    }
    if (IsActive(step.after, member)) {
      return absl::StrFormat("broker %d leaves its ISR and is active", member.value());
    }
  }
  return "";
}

std::string FindNewTargetProblem(const PartitionStep& step, const Ids& target) {
  if (TargetOf(step.now) != target) return "its target is not the requested one";
  if (!IsReassigning(step.now)) {
    // Nothing needs to catch up to have the original replicas again, or another order of them.
    const bool is_complete = step.now.isr_count() == target.size() ||
                             SetOf(ReplicasOf(step.now)) == OriginalsOf(step.old);
    return is_complete ? "" : "its reassignment completes at once, and a replica is not in sync";
  }
  // Replicas that an earlier reassignment has added, and that are in sync, leave with the others.
  const IdSet added = SetOf(step.old.ReplicasIn(step.old.adding_mask() & step.old.isr_mask()));
  const IdSet kept = Without(Common(added, SetOf(ReplicasOf(step.now))), SetOf(target));
  if (Without(OriginalsOf(step.now), kept) != OriginalsOf(step.old)) {
    return "its reassignment does not know its original replicas any more";
  }
  // A replica that is added may lead uncleanly. It is then alone in the ISR.
  if (IsUnclean(step)) return "";
  const IdSet lost = Without(SetOf(step.old.Isr()), SetOf(step.now.Isr()));
  return lost.empty() ? ""
                      : absl::StrFormat("its reassignment takes broker %d out of the ISR at once",
                                        lost.begin()->value());
}

std::string FindCancelProblem(const PartitionStep& step) {
  if (IsReassigning(step.now)) return "its reassignment was cancelled and goes on";
  if (SetOf(ReplicasOf(step.now)) != OriginalsOf(step.old)) {
    return "its reassignment was cancelled, and it does not have its original replicas";
  }
  return "";
}

std::string FindCompletionProblem(const PartitionStep& step) {
  if (IsReassigning(step.now) || !IsReassigning(step.old) ||
      ReplicasOf(step.now) != TargetOf(step.old)) {
    return "its replicas change, and no reassignment begins, completes or is cancelled";
  }
  if (step.now.isr_count() < step.now.replica_count()) {
    return "its reassignment completes, and a replica of the target is not in sync";
  }
  return "";
}

std::string FindReassignmentProblem(const PartitionStep& step) {
  if (const auto* wanted = FindReassignment(step)) {
    if (!wanted->has_target()) return FindCancelProblem(step);
    Ids target;
    for (const int32_t id : wanted->target().broker_ids()) target.emplace_back(id);
    return FindNewTargetProblem(step, target);
  }
  const auto progress = [](const PartitionView& partition) {
    return std::tuple(ReplicasOf(partition), partition.adding_mask(), partition.removing_mask());
  };
  return progress(step.old) == progress(step.now) ? "" : FindCompletionProblem(step);
}

}  // namespace

std::string FindChangeProblem(const PartitionStep& step) {
  if (step.old == step.now) return "";
  std::string problem = FindReassignmentProblem(step);
  if (problem.empty()) problem = FindUncleanProblem(step);
  if (problem.empty()) problem = FindIsrProblem(step);
  if (problem.empty()) problem = FindEpochProblem(step);
  return problem;
}

std::string FindCreationProblem(const MetadataImage& image, const PartitionView& partition) {
  const Ids replicas = ReplicasOf(partition);
  Ids active;
  for (const BrokerId replica : replicas) {
    if (image.FindBroker(replica) == nullptr) {
      return absl::StrFormat("it is created on broker %d, which is not registered",
                             replica.value());
    }
    if (IsActive(image, replica)) active.push_back(replica);
  }
  if (partition.Isr() != active) return "its first ISR is not its active replicas";
  if (partition.leader() != active.front()) return "its first leader is not the first active one";
  if (partition.leader_epoch() != 0 || partition.partition_epoch() != 0 ||
      IsReassigning(partition)) {
    return "it is created with a history";
  }
  return "";
}

}  // namespace quorate::sim
