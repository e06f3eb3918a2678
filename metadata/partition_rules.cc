#include "metadata/partition_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "metadata/topic_image.h"

namespace quorate::metadata {
namespace {

std::string FindExtrasProblem(size_t replica_count, uint32_t isr_mask,
                              const PartitionExtras& extras) {
  const std::pair<const char*, uint32_t> masks[] = {
      {"adding", extras.adding_mask}, {"removing", extras.removing_mask}, {"ELR", extras.elr_mask}};
  for (const auto& [name, mask] : masks) {
    if (replica_count < kMaxReplicas && mask >> replica_count != 0) {
      return absl::StrFormat("%s mask %#x has bits beyond the %d replicas", name, mask,
                             replica_count);
    }
  }
  if ((extras.adding_mask & extras.removing_mask) != 0) {
    return absl::StrFormat("adding mask %#x and removing mask %#x share a replica",
                           extras.adding_mask, extras.removing_mask);
  }
  if ((extras.elr_mask & isr_mask) != 0) {
    return absl::StrFormat("ELR mask %#x and ISR mask %#x share a replica", extras.elr_mask,
                           isr_mask);
  }
  if (extras.last_known_leader_position.has_value() &&
      *extras.last_known_leader_position >= replica_count) {
    return absl::StrFormat("the last known leader, replica number %d, is beyond the %d replicas",
                           *extras.last_known_leader_position + 1, replica_count);
  }
  // The leader of an unclean election is alone in the ISR until it has recovered.
  if (extras.recovering && (isr_mask & (isr_mask - 1)) != 0) {
    return absl::StrFormat("the leader recovers, but ISR mask %#x has several members", isr_mask);
  }
  return "";
}

}  // namespace

std::string FindReplicaProblem(std::span<const int32_t> replicas) {
  for (size_t i = 0; i < replicas.size(); ++i) {
    if (replicas[i] < 0) return absl::StrFormat("replica id %d is negative", replicas[i]);
    const auto before = replicas.first(i);
    if (std::find(before.begin(), before.end(), replicas[i]) != before.end()) {
      return absl::StrFormat("replica %d is listed twice", replicas[i]);
    }
  }
  return "";
}

std::string FindStateProblem(size_t replica_count, uint32_t isr_mask,
                             uint32_t leader_position_plus_1, const PartitionExtras& extras) {
  if (isr_mask == 0 && extras.elr_mask == 0 && !extras.last_known_leader_position.has_value()) {
    return "the ISR is empty";
  }
  if (replica_count < kMaxReplicas && isr_mask >> replica_count != 0) {
    return absl::StrFormat("ISR mask %#x has bits beyond the %d replicas", isr_mask, replica_count);
  }
  const bool leader_is_in_isr =
      leader_position_plus_1 == 0 || (leader_position_plus_1 <= replica_count &&
                                      (isr_mask >> (leader_position_plus_1 - 1) & 1) != 0);
  if (!leader_is_in_isr) {
    return absl::StrFormat("the leader, replica number %d, is not in ISR mask %#x",
                           leader_position_plus_1, isr_mask);
  }
  return extras.empty() ? "" : FindExtrasProblem(replica_count, isr_mask, extras);
}

}  // namespace quorate::metadata
