#include "controller/decide/topics/new_partitions.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

namespace quorate::controller {
namespace {

using admin::v1::NewTopic;
using admin::v1::ReplicaAssignment;

constexpr int32_t kDefaultPartitionCount = 1;
constexpr size_t kDefaultReplicationFactor = 3;

ItemResult InvalidAssignment(std::string message) {
  return MakeItemError(common::v1::INVALID_REPLICA_ASSIGNMENT, std::move(message));
}

ItemResult InvalidFactor(std::string message) {
  return MakeItemError(common::v1::INVALID_REPLICATION_FACTOR, std::move(message));
}

std::vector<BrokerId> BrokerIds(const ReplicaAssignment& assignment) {
  std::vector<BrokerId> ids;
  for (const int32_t id : assignment.broker_ids()) ids.emplace_back(id);
  return ids;
}

}  // namespace

NewPartitions::NewPartitions(const View& view, Rng* rng)
    : image_(view.image), active_(view.image), placer_(view, rng) {}

ItemError NewPartitions::Make(const NewTopic& topic, Partitions* partitions) {
  return topic.assignments().empty() ? Place(topic, partitions) : AssignByHand(topic, partitions);
}

ItemError NewPartitions::AssignByHand(const NewTopic& topic, Partitions* partitions) {
  if (topic.has_partition_count() || topic.has_replication_factor()) {
    return MakeItemError(common::v1::INVALID_REQUEST,
                         "with replica assignments, omit the partition count and the replication "
                         "factor: the assignments define both");
  }
  const int first_size = topic.assignments(0).broker_ids_size();
  for (int32_t i = 0; i < topic.assignments_size(); ++i) {
    if (auto error = CheckReplicas(i, topic.assignments(i), first_size)) return error;
  }
  for (const ReplicaAssignment& assignment : topic.assignments()) {
    partitions->push_back(MakePartition(BrokerIds(assignment)));
    const metadata::NewPartition& made = partitions->back();
    placer_.Count(made.replicas, made.replicas[*made.leader_position]);
  }
  return std::nullopt;
}

ItemError NewPartitions::CheckReplicas(int32_t partition, const ReplicaAssignment& assignment,
                                       int first_size) const {
  const int size = assignment.broker_ids_size();
  if (size == 0) {
    return InvalidAssignment(
        absl::StrFormat("partition %d has no replicas; name at least one broker", partition));
  }
  if (static_cast<size_t>(size) > metadata::kMaxReplicas) {
    return InvalidAssignment(absl::StrFormat("partition %d has %d replicas; at most %d are allowed",
                                             partition, size, metadata::kMaxReplicas));
  }
  std::set<int32_t> seen;
  for (const int32_t id : assignment.broker_ids()) {
    if (!seen.insert(id).second) {
      return InvalidAssignment(
          absl::StrFormat("partition %d names broker %d twice", partition, id));
    }
    if (image_.FindBroker(BrokerId(id)) == nullptr) {
      return InvalidAssignment(
          absl::StrFormat("partition %d names broker %d, which is not registered", partition, id));
    }
  }
  if (size != first_size) {
    return InvalidAssignment(absl::StrFormat(
        "partition %d has %d replicas and partition 0 has %d; all must have the same number",
        partition, size, first_size));
  }
  if (active_.MaskOf(BrokerIds(assignment)) == 0) {
    return InvalidAssignment(
        absl::StrFormat("all brokers of partition %d are fenced or shutting down, so none of them "
                        "can lead it; name at least one that is active",
                        partition));
  }
  return std::nullopt;
}

ItemError NewPartitions::Place(const NewTopic& topic, Partitions* partitions) {
  const int32_t partition_count =
      topic.has_partition_count() ? topic.partition_count() : kDefaultPartitionCount;
  if (partition_count < 1) {
    return MakeItemError(
        common::v1::INVALID_PARTITIONS,
        absl::StrFormat("the partition count must be at least 1, not %d", partition_count));
  }
  if (topic.has_replication_factor() && topic.replication_factor() < 1) {
    return InvalidFactor(absl::StrFormat("the replication factor must be at least 1, not %d",
                                         topic.replication_factor()));
  }
  const size_t factor = topic.has_replication_factor()
                            ? static_cast<size_t>(topic.replication_factor())
                            : std::min(kDefaultReplicationFactor, placer_.member_count());
  if (auto error = CheckReplicationFactor(factor)) return error;

  // At least one byte for each replica and three for each partition. A request for two billion
  // partitions is refused before it fills the memory.
  least_bytes_ += static_cast<size_t>(partition_count) * (factor + 3);
  if (least_bytes_ > kMaxBatchBytes) return std::nullopt;
  for (auto& replicas : placer_.Place(static_cast<size_t>(partition_count), factor)) {
    partitions->push_back(MakePartition(std::move(replicas)));
  }
  return std::nullopt;
}

ItemError NewPartitions::CheckReplicationFactor(size_t factor) const {
  const size_t registered = image_.brokers().size();
  const size_t candidates = placer_.candidate_count();
  if (registered == 0) {
    return InvalidFactor("no broker is registered; start brokers before creating topics");
  }
  if (placer_.active_count() == 0) {
    return InvalidFactor(absl::StrFormat(
        "none of the %d registered brokers can lead a partition: all are fenced or shutting "
        "down; wait until one is back",
        registered));
  }
  if (factor > candidates) {
    const std::string running =
        candidates == registered
            ? absl::StrFormat("%d registered broker%s", candidates, candidates == 1 ? "" : "s")
            : absl::StrFormat(
                  "%d of %d registered brokers that run, or are fenced and hold replicas",
                  candidates, registered);
    return InvalidFactor(absl::StrFormat(
        "replication factor %d is larger than the %s; start more brokers or ask for at most %d",
        factor, running, candidates));
  }
  if (factor > metadata::kMaxReplicas) {
    return InvalidFactor(absl::StrFormat("replication factor %d is larger than the maximum, %d",
                                         factor, metadata::kMaxReplicas));
  }
  return std::nullopt;
}

metadata::NewPartition NewPartitions::MakePartition(std::vector<BrokerId> replicas) const {
  const uint32_t active_mask = active_.MaskOf(replicas);
  return {.replicas = std::move(replicas),
          .isr_mask = active_mask,
          .leader_position = static_cast<size_t>(__builtin_ctz(active_mask))};
}

}  // namespace quorate::controller
