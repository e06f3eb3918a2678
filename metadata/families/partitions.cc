// The functions of TopicsImage about records of new partitions.
#include <algorithm>
#include <limits>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/directory_id.h"
#include "metadata/directory_numbers.h"
#include "metadata/families/topics.h"
#include "metadata/partition_chunk.h"
#include "metadata/partition_fields.h"
#include "metadata/partition_rules.h"
#include "metadata/replay_errors.h"

namespace quorate::metadata {
namespace {

using ::google::protobuf::RepeatedField;

absl::Status CheckVersions(const v1::PartitionsRecord& record, const MetadataImage& image) {
  return CheckVersion(image, 2,
                      {{"extras", !record.extras().empty()},
                       {"directory_ids", !record.directory_ids().empty()},
                       {"replica_directories", !record.replica_directories().empty()}});
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

// Returns what is wrong with a new partition, or "".
std::string FindProblem(const PartitionUpdate& partition, uint32_t isr_mask,
                        uint32_t leader_position_plus_1) {
  const size_t replica_count = partition.replicas.size();
  if (partition.extras == nullptr) {
    return FindStateProblem(replica_count, isr_mask, leader_position_plus_1, {});
  }
  if (partition.extras->empty()) return "its extras are all unused";
  return FindStateProblem(replica_count, isr_mask, leader_position_plus_1, *partition.extras);
}

}  // namespace

v1::Record MakePartitionsRecord(const Uuid& topic_id, int32_t first_partition,
                                std::span<const NewPartition> partitions) {
  CHECK(!partitions.empty());
  v1::Record record;
  v1::PartitionsRecord& fields = *record.mutable_partitions();
  fields.set_topic_id(std::string(topic_id.bytes()));
  fields.set_first_partition(first_partition);
  int32_t index = first_partition;
  bool has_directories = false;
  for (const NewPartition& partition : partitions) {
    fields.add_replica_counts(static_cast<int32_t>(partition.replicas.size()));
    for (const BrokerId replica : partition.replicas) fields.add_replicas(replica.value());
    fields.add_isr_masks(partition.isr_mask);
    fields.add_leader_positions(LeaderField(partition.leader_position));
    if (!partition.extras.empty()) AddExtras(index, partition.extras, fields.mutable_extras());
    has_directories |= !partition.directories.empty();
    ++index;
  }
  if (!has_directories) return record;
  DirectoryNumbers numbers;
  for (const NewPartition& partition : partitions) {
    CHECK(partition.directories.empty() ||
          partition.directories.size() == partition.replicas.size());
    for (size_t i = 0; i < partition.replicas.size(); ++i) {
      const Uuid id = partition.directories.empty() ? Uuid() : partition.directories[i];
      fields.add_replica_directories(numbers.NumberOf(id));
    }
  }
  if (numbers.ids().empty()) fields.clear_replica_directories();
  fields.set_directory_ids(JoinDirectoryIds(numbers.ids()));
  return record;
}

absl::Status TopicsImage::Replay(const v1::PartitionsRecord& record, const ReplayContext& context) {
  ASSIGN_OR_RETURN(const TopicPtr topic, Require(record.topic_id()));
  const int count = record.replica_counts_size();
  if (count == 0) return Malformed("topic %s: the record has no partitions", topic->name());
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return Malformed("topic %s: the arrays differ in length", topic->name());
  }
  RETURN_IF_ERROR(CheckVersions(record, context.image));
  RETURN_IF_ERROR(CheckEpochs(record.leader_epochs(), count));
  RETURN_IF_ERROR(CheckEpochs(record.partition_epochs(), count));
  if (record.first_partition() != topic->partition_count()) {
    return Contradiction("topic %s: it has %d partitions, so the next one cannot be %d",
                         topic->name(), topic->partition_count(), record.first_partition());
  }
  if (count > std::numeric_limits<int32_t>::max() - record.first_partition()) {
    return Malformed("topic %s: too many partitions for a 32-bit index", topic->name());
  }

  ReplicasOfRecord replicas(record.replicas());
  ASSIGN_OR_RETURN(ExtrasOfRecord extras, ExtrasOfRecord::Read(record.extras()));
  ASSIGN_OR_RETURN(DirectoriesOfRecord directories,
                   DirectoriesOfRecord::Read(record.directory_ids(), record.replica_directories()));
  if (directories.is_set() && directories.ids().empty()) {
    return Malformed("topic %s: no replica has a directory, but directories are listed",
                     topic->name());
  }
  std::vector<PartitionUpdate> partitions;
  partitions.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    PartitionUpdate& partition = partitions.emplace_back();
    partition.partition = record.first_partition() + i;
    std::string problem = replicas.Take(record.replica_counts(i), &partition.replicas);
    partition.extras = extras.Take(partition.partition);
    if (problem.empty())
      problem = FindProblem(partition, record.isr_masks(i), record.leader_positions(i));
    if (!problem.empty()) {
      return Malformed("topic %s: partition %d: %s", topic->name(), partition.partition, problem);
    }
    partition.isr_mask = record.isr_masks(i);
    partition.leader_position_plus_1 = static_cast<uint8_t>(record.leader_positions(i));
    partition.directories = directories.Take(partition.replicas.size());
    if (!record.leader_epochs().empty()) partition.leader_epoch = record.leader_epochs(i);
    if (!record.partition_epochs().empty()) partition.partition_epoch = record.partition_epochs(i);
  }
  RETURN_IF_ERROR(replicas.CheckAllTaken());
  RETURN_IF_ERROR(extras.CheckAllTaken());
  if (const std::string problem = directories.FindLengthProblem(); !problem.empty()) {
    return Malformed("topic %s: %s", topic->name(), problem);
  }
  partition_count_ += count;
  OwnTopic(topic->id()).AddPartitions(partitions, directories.ids());
  return absl::OkStatus();
}

int32_t TopicsImage::OffsetsOf(const v1::PartitionsRecord& record) {
  return record.replica_counts_size();
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

  bool has_directories = false;
  topic.ForEachPartitionWithExtras(first, end, [&](const PartitionView& partition) {
    if (!partition.extras().empty()) {
      AddExtras(partition.index(), partition.extras(), record.mutable_extras());
    }
    has_directories |= partition.has_directories();
  });
  if (!has_directories) return;
  DirectoryNumbers numbers;
  for (int32_t i = first; i < end; ++i) {
    const PartitionView partition = topic.partition(i);
    for (size_t position = 0; position < partition.replica_count(); ++position) {
      record.add_replica_directories(
          numbers.NumberOf(partition.directory(position).value_or(Uuid())));
    }
  }
  record.set_directory_ids(JoinDirectoryIds(numbers.ids()));
}

}  // namespace quorate::metadata
