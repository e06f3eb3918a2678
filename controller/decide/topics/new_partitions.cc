#include "controller/decide/topics/new_partitions.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/partitions/reassignment.h"

namespace quorate::controller {
namespace {

using admin::v1::CreatePartitionsRequest;
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
  if (topic.assignments().empty()) return PlaceNew(topic, partitions);
  if (topic.has_partition_count() || topic.has_replication_factor()) {
    return MakeItemError(common::v1::INVALID_REQUEST,
                         "with replica assignments, omit the partition count and the replication "
                         "factor: the assignments define both");
  }
  const auto factor = static_cast<size_t>(topic.assignments(0).broker_ids_size());
  return AssignByHand(topic.assignments(), 0, factor, partitions);
}

ItemError NewPartitions::MakeMore(const metadata::TopicImage& topic,
                                  const CreatePartitionsRequest::Topic& wanted,
                                  Partitions* partitions) {
  const int32_t present = topic.partition_count();
  if (wanted.partition_count() <= present) {
    return MakeItemError(
        common::v1::INVALID_PARTITIONS,
        absl::StrFormat("topic \"%s\" has %d partitions; the new number must be larger, not %d, "
                        "because partitions cannot be removed",
                        topic.name(), present, wanted.partition_count()));
  }
  const auto added = static_cast<size_t>(wanted.partition_count() - present);
  const size_t factor = present > 0 ? TargetReplicaCount(topic.partition(0)) : DefaultFactor();
  if (wanted.assignments().empty()) return Place(&topic, added, factor, partitions);
  if (static_cast<size_t>(wanted.assignments_size()) != added) {
    return InvalidAssignment(absl::StrFormat(
        "the number of replica assignments (%d) is not the number of added partitions (%d, from "
        "partition %d on); assign all of them or none",
        wanted.assignments_size(), added, present));
  }
  return AssignByHand(wanted.assignments(), present, factor, partitions);
}

ItemError NewPartitions::AssignByHand(const Assignments& assignments, int32_t first, size_t factor,
                                      Partitions* partitions) {
  int32_t partition = first;
  for (const ReplicaAssignment& assignment : assignments) {
    if (auto error = CheckReplicas(partition++, assignment, factor)) return error;
  }
  for (const ReplicaAssignment& assignment : assignments) {
    partitions->push_back(MakePartition(BrokerIds(assignment)));
    const metadata::NewPartition& made = partitions->back();
    placer_.Count(made.replicas, made.replicas[*made.leader_position]);
  }
  return std::nullopt;
}

ItemError NewPartitions::CheckReplicas(int32_t partition, const ReplicaAssignment& assignment,
                                       size_t factor) const {
  const auto size = static_cast<size_t>(assignment.broker_ids_size());
  if (size == 0) {
    return InvalidAssignment(
        absl::StrFormat("partition %d has no replicas; name at least one broker", partition));
  }
  if (size > metadata::kMaxReplicas) {
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
  if (size != factor) {
    return InvalidAssignment(absl::StrFormat(
        "partition %d has %d replicas and partition 0 has %d; all must have the same number",
        partition, size, factor));
  }
  if (active_.MaskOf(BrokerIds(assignment)) == 0) {
    return InvalidAssignment(
        absl::StrFormat("all brokers of partition %d are fenced or shutting down, so none of them "
                        "can lead it; name at least one that is active",
                        partition));
  }
  return std::nullopt;
}

ItemError NewPartitions::PlaceNew(const NewTopic& topic, Partitions* partitions) {
  const int32_t partition_count =
      topic.has_partition_count() ? topic.partition_count() : kDefaultPartitionCount;
  if (topic.has_replication_factor() && topic.replication_factor() < 1) {
    return InvalidFactor(absl::StrFormat("the replication factor must be at least 1, not %d",
                                         topic.replication_factor()));
  }
  if (partition_count < 1) {
    return MakeItemError(
        common::v1::INVALID_PARTITIONS,
        absl::StrFormat("the partition count must be at least 1, not %d", partition_count));
  }
  const size_t factor = topic.has_replication_factor()
                            ? static_cast<size_t>(topic.replication_factor())
                            : DefaultFactor();
  return Place(nullptr, static_cast<size_t>(partition_count), factor, partitions);
}

size_t NewPartitions::DefaultFactor() const {
  return std::min(kDefaultReplicationFactor, placer_.member_count());
}

ItemError NewPartitions::Place(const metadata::TopicImage* topic, size_t count, size_t factor,
                               Partitions* partitions) {
  const std::string remedy = topic == nullptr
                                 ? absl::StrFormat("ask for at most %d", placer_.candidate_count())
                                 : "assign the replicas";
  if (auto error = CheckReplicationFactor(factor, remedy)) return error;

  // At least one byte for each replica and three for each partition. A request for two billion
  // partitions is refused before it fills the memory.
  least_bytes_ += count * (factor + 3);
  if (least_bytes_ > kMaxBatchBytes) return std::nullopt;
  auto placed =
      topic == nullptr ? placer_.Place(count, factor) : placer_.PlaceMore(*topic, count, factor);
  for (auto& replicas : placed) partitions->push_back(MakePartition(std::move(replicas)));
  return std::nullopt;
}

ItemError NewPartitions::CheckReplicationFactor(size_t factor, const std::string& remedy) const {
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
    return InvalidFactor(
        absl::StrFormat("replication factor %d is larger than the %s; start more brokers or %s",
                        factor, running, remedy));
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
