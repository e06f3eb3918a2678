#include "tests/sim/checks/partition_states.h"

#include <set>

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

using metadata::MetadataImage;
using metadata::PartitionView;
using metadata::TopicImage;

uint32_t AllOf(const PartitionView& partition) {
  return static_cast<uint32_t>((uint64_t{1} << partition.replica_count()) - 1);
}

std::string FindReplicasProblem(const PartitionView& partition) {
  const auto replicas = partition.replicas();
  if (replicas.empty()) return "it has no replica";
  if (std::set<int32_t>(replicas.begin(), replicas.end()).size() < replicas.size()) {
    return "a broker holds two of its replicas";
  }
  const uint32_t all = AllOf(partition);
  if (partition.isr_mask() == 0) return "its ISR is empty";
  if ((partition.isr_mask() & ~all) != 0) return "its ISR has more than its replicas";
  return "";
}

std::string FindReassignmentProblem(const PartitionView& partition) {
  const uint32_t adding = partition.adding_mask();
  const uint32_t removing = partition.removing_mask();
  if (((adding | removing) & ~AllOf(partition)) != 0) {
    return "it adds or removes a broker that is not a replica";
  }
  if ((adding & removing) != 0) return "it adds and removes the same replica";
  const uint32_t target = TargetMask(partition);
  // The replicas that leave are the last ones, so the target is a run of low bits.
  if (target == 0 || (target & (target + 1)) != 0) {
    return "its replicas are not the target followed by those that leave";
  }
  if (IsReassigning(partition) && (target & ~partition.isr_mask()) == 0) {
    return "the whole target is in the ISR, but the reassignment is not complete";
  }
  return "";
}

std::string FindLeaderProblem(const MetadataImage& image, const PartitionView& partition) {
  const auto leader = partition.leader();
  if (leader && !IsActive(image, *leader)) {
    return absl::StrFormat("broker %d leads it and is fenced, stopping or not registered",
                           leader->value());
  }
  if (leader && !partition.InIsr(*leader)) {
    return absl::StrFormat("broker %d leads it outside the ISR", leader->value());
  }
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    const BrokerId replica = partition.replica(i);
    const bool in_isr = partition.InIsr(replica);
    const bool is_active = IsActive(image, replica);
    if (leader && in_isr && !is_active) {
      return absl::StrFormat(
          "broker %d is in the ISR beside a leader and is fenced, stopping or not registered",
          replica.value());
    }
    if (!leader && in_isr && is_active) {
      return absl::StrFormat("it has no leader, and broker %d could lead it", replica.value());
    }
  }
  return "";
}

}  // namespace

bool IsActive(const MetadataImage& image, BrokerId broker) {
  const metadata::BrokerRegistration* registration = image.FindBroker(broker);
  return registration != nullptr && registration->active();
}

bool AllowsUnclean(const MetadataImage& image, const TopicImage& topic) {
  const auto configs = image.Configs(metadata::ConfigResourceType::kTopic, topic.name());
  const auto it = configs.find("unclean.leader.election.enable");
  return it != configs.end() && it->second == "true";
}

uint32_t TargetMask(const PartitionView& partition) {
  return AllOf(partition) & ~partition.removing_mask();
}

std::string FindStateProblem(const MetadataImage& image, const PartitionView& partition) {
  std::string problem = FindReplicasProblem(partition);
  if (problem.empty()) problem = FindReassignmentProblem(partition);
  if (problem.empty()) problem = FindLeaderProblem(image, partition);
  return problem;
}

}  // namespace quorate::sim
