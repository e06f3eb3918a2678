// The functions of TopicsImage about records that hold partitions in packed arrays.
#include <algorithm>
#include <limits>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/families/topics.h"
#include "metadata/replay_errors.h"

namespace quorate::metadata {
namespace {

using ::google::protobuf::RepeatedField;

uint32_t LeaderField(const std::optional<size_t>& position) {
  return position.has_value() ? static_cast<uint32_t>(*position) + 1 : 0;
}

// Returns what is wrong with the ISR and leader that a record gives to a partition, or "". There
// are no eligible leader replicas (KIP-966), so an ISR keeps at least one member, and only a member
// of the ISR can be leader.
std::string FindIsrProblem(size_t replica_count, uint32_t isr_mask,
                           uint32_t leader_position_plus_1) {
  if (isr_mask == 0) return "the ISR is empty";
  if (replica_count < kMaxReplicas && isr_mask >> replica_count != 0) {
    return absl::StrFormat("ISR mask %#x has bits beyond the %d replicas", isr_mask, replica_count);
  }
  if (leader_position_plus_1 == 0) return "";
  if (leader_position_plus_1 > replica_count ||
      (isr_mask >> (leader_position_plus_1 - 1) & 1) == 0) {
    return absl::StrFormat("the leader, replica number %d, is not in ISR mask %#x",
                           leader_position_plus_1, isr_mask);
  }
  return "";
}

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

// Checks the epochs of new partitions. An empty list means that they are all 0.
absl::Status CheckEpochs(const RepeatedField<int32_t>& epochs, int count) {
  if (!epochs.empty() && epochs.size() != count) {
    return Malformed("%d epochs for %d partitions", epochs.size(), count);
  }
  for (const int32_t epoch : epochs) {
    if (epoch < 0) return Malformed("epoch %d is negative", epoch);
  }
  return absl::OkStatus();
}

}  // namespace

v1::Record MakePartitionsRecord(const Uuid& topic_id, int32_t first_partition,
                                std::span<const NewPartition> partitions) {
  CHECK(!partitions.empty());
  v1::Record record;
  v1::PartitionsRecord& fields = *record.mutable_partitions();
  fields.set_topic_id(std::string(topic_id.bytes()));
  fields.set_first_partition(first_partition);
  for (const NewPartition& partition : partitions) {
    fields.add_replica_counts(static_cast<int32_t>(partition.replicas.size()));
    for (const BrokerId replica : partition.replicas) fields.add_replicas(replica.value());
    fields.add_isr_masks(partition.isr_mask);
    fields.add_leader_positions(LeaderField(partition.leader_position));
  }
  return record;
}

v1::Record MakePartitionChangesRecord(const Uuid& topic_id,
                                      std::span<const PartitionChange> changes) {
  CHECK(!changes.empty());
  v1::Record record;
  v1::PartitionChangesRecord& fields = *record.mutable_partition_changes();
  fields.set_topic_id(std::string(topic_id.bytes()));
  for (const PartitionChange& change : changes) {
    fields.add_partitions(change.partition);
    fields.add_isr_masks(change.isr_mask);
    fields.add_leader_positions(LeaderField(change.leader_position));
  }
  return record;
}

absl::Status TopicsImage::Replay(const v1::PartitionsRecord& record,
                                 const ReplayContext& /*context*/) {
  ASSIGN_OR_RETURN(const TopicPtr topic, Require(record.topic_id()));
  const int count = record.replica_counts_size();
  if (count == 0) return Malformed("topic %s: the record has no partitions", topic->name());
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return Malformed("topic %s: the arrays differ in length", topic->name());
  }
  RETURN_IF_ERROR(CheckEpochs(record.leader_epochs(), count));
  RETURN_IF_ERROR(CheckEpochs(record.partition_epochs(), count));
  if (record.first_partition() != topic->partition_count()) {
    return Contradiction("topic %s: it has %d partitions, so the next one cannot be %d",
                         topic->name(), topic->partition_count(), record.first_partition());
  }
  if (count > std::numeric_limits<int32_t>::max() - record.first_partition()) {
    return Malformed("topic %s: too many partitions for a 32-bit index", topic->name());
  }

  std::span<const int32_t> replicas(record.replicas().data(),
                                    static_cast<size_t>(record.replicas_size()));
  std::vector<TopicImage::AddedPartition> partitions;
  partitions.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const int32_t partition = record.first_partition() + i;
    const int32_t replica_count = record.replica_counts(i);
    if (replica_count < 1 || replica_count > static_cast<int32_t>(kMaxReplicas) ||
        static_cast<size_t>(replica_count) > replicas.size()) {
      return Malformed("topic %s: partition %d: replica count %d is impossible", topic->name(),
                       partition, replica_count);
    }
    const auto own = replicas.first(static_cast<size_t>(replica_count));
    replicas = replicas.subspan(own.size());
    std::string problem = FindReplicaProblem(own);
    if (problem.empty()) {
      problem = FindIsrProblem(own.size(), record.isr_masks(i), record.leader_positions(i));
    }
    if (!problem.empty()) {
      return Malformed("topic %s: partition %d: %s", topic->name(), partition, problem);
    }
    partitions.push_back({
        .replicas = own,
        .isr_mask = record.isr_masks(i),
        .leader_position_plus_1 = static_cast<uint8_t>(record.leader_positions(i)),
        .leader_epoch = record.leader_epochs().empty() ? 0 : record.leader_epochs(i),
        .partition_epoch = record.partition_epochs().empty() ? 0 : record.partition_epochs(i),
    });
  }
  if (!replicas.empty()) {
    return Malformed("topic %s: %d replicas do not belong to any partition", topic->name(),
                     replicas.size());
  }
  partition_count_ += count;
  OwnTopic(topic->id()).AddPartitions(partitions);
  return absl::OkStatus();
}

absl::Status TopicsImage::Replay(const v1::PartitionChangesRecord& record,
                                 const ReplayContext& /*context*/) {
  ASSIGN_OR_RETURN(const TopicPtr topic, Require(record.topic_id()));
  const int count = record.partitions_size();
  if (count == 0) return Malformed("topic %s: the record has no partitions", topic->name());
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return Malformed("topic %s: the arrays differ in length", topic->name());
  }
  std::vector<TopicImage::ChangedPartition> changes;
  changes.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const int32_t partition = record.partitions(i);
    if (partition < 0 || (i > 0 && partition <= record.partitions(i - 1))) {
      return Malformed("topic %s: partition %d is out of order", topic->name(), partition);
    }
    if (partition >= topic->partition_count()) {
      return Contradiction("topic %s: there is no partition %d; the topic has %d partitions",
                           topic->name(), partition, topic->partition_count());
    }
    const PartitionView view = topic->partition(partition);
    const std::string problem =
        FindIsrProblem(view.replica_count(), record.isr_masks(i), record.leader_positions(i));
    if (!problem.empty()) {
      return Contradiction("topic %s: partition %d: %s", topic->name(), partition, problem);
    }
    if (view.partition_epoch() == std::numeric_limits<int32_t>::max() ||
        view.leader_epoch() == std::numeric_limits<int32_t>::max()) {
      return Contradiction("topic %s: partition %d: an epoch has reached its maximum",
                           topic->name(), partition);
    }
    changes.push_back({
        .partition = partition,
        .isr_mask = record.isr_masks(i),
        .leader_position_plus_1 = static_cast<uint8_t>(record.leader_positions(i)),
    });
  }
  OwnTopic(topic->id()).ChangePartitions(changes);
  return absl::OkStatus();
}

int32_t TopicsImage::OffsetsOf(const v1::PartitionsRecord& record) {
  return record.replica_counts_size();
}

int32_t TopicsImage::OffsetsOf(const v1::PartitionChangesRecord& record) {
  return record.partitions_size();
}

void TopicsImage::FillRecord(const TopicImage& topic, int32_t first, v1::PartitionsRecord& record) {
  record.set_topic_id(std::string(topic.id().bytes()));
  record.set_first_partition(first);
  const int32_t end = std::min(first + kPartitionsPerRecord, topic.partition_count());
  bool has_leader_epochs = false;
  bool has_partition_epochs = false;
  for (int32_t i = first; i < end; ++i) {
    const PartitionView partition = topic.partition(i);
    record.add_replica_counts(static_cast<int32_t>(partition.replica_count()));
    record.mutable_replicas()->Add(partition.replicas().begin(), partition.replicas().end());
    record.add_isr_masks(partition.isr_mask());
    record.add_leader_positions(LeaderField(partition.leader_position()));
    record.add_leader_epochs(partition.leader_epoch());
    record.add_partition_epochs(partition.partition_epoch());
    has_leader_epochs |= partition.leader_epoch() != 0;
    has_partition_epochs |= partition.partition_epoch() != 0;
  }
  if (!has_leader_epochs) record.clear_leader_epochs();
  if (!has_partition_epochs) record.clear_partition_epochs();
}

}  // namespace quorate::metadata
