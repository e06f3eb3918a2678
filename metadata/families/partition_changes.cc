// The functions of TopicsImage about records that change partitions.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

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

absl::Status CheckVersions(const v1::PartitionChangesRecord& record, const MetadataImage& image) {
  return CheckVersion(image, 2,
                      {{"leader_epoch_bumps", !record.leader_epoch_bumps().empty()},
                       {"replica_counts", !record.replica_counts().empty()},
                       {"replicas", !record.replicas().empty()},
                       {"extras", !record.extras().empty()},
                       {"directory_ids", !record.directory_ids().empty()},
                       {"replica_directories", !record.replica_directories().empty()}});
}

absl::Status CheckReplicaCounts(const RepeatedField<int32_t>& counts, int partitions) {
  if (counts.empty()) return absl::OkStatus();
  if (counts.size() != partitions) {
    return Malformed("%d replica counts for %d partitions", counts.size(), partitions);
  }
  if (std::all_of(counts.begin(), counts.end(), [](int32_t count) { return count == 0; })) {
    return Malformed("the replicas of no partition change, but replica counts are listed");
  }
  return absl::OkStatus();
}

std::optional<int32_t> LeaderIn(std::span<const int32_t> replicas, uint32_t position_plus_1) {
  if (position_plus_1 == 0) return std::nullopt;
  return replicas[position_plus_1 - 1];
}

// Reads the changes of one record.
class ChangeReader {
 public:
  // The topic and the record must outlive the reader, and the reader the changes that it reads.
  ChangeReader(const TopicImage& topic, const v1::PartitionChangesRecord& record,
               ExtrasOfRecord extras, DirectoriesOfRecord directories)
      : topic_(topic),
        record_(record),
        replicas_(record.replicas()),
        extras_(std::move(extras)),
        directories_(std::move(directories)) {}

  // Sets `change` to the change of the record's i-th partition. Must be called for each partition,
  // in order.
  absl::Status Read(int i, PartitionUpdate* change);
  // All partitions were read: checks that no field has more elements.
  absl::Status Finish() const;

  std::span<const Uuid> directory_ids() const { return directories_.ids(); }

 private:
  // Returns whether the record says that the leader epoch of its next partition grows.
  bool TakeBump(int32_t partition);
  // Returns which rule the partition breaks after the change, or "".
  std::string FindProblem(const PartitionView& before, std::span<const int32_t> replicas, int i,
                          const PartitionUpdate& change) const;

  const TopicImage& topic_;
  const v1::PartitionChangesRecord& record_;
  ReplicasOfRecord replicas_;
  ExtrasOfRecord extras_;
  DirectoriesOfRecord directories_;
  int next_bump_ = 0;
  // Whether a partition would keep directories if the record had none.
  bool would_keep_directories_ = false;
};

bool ChangeReader::TakeBump(int32_t partition) {
  const RepeatedField<int32_t>& bumps = record_.leader_epoch_bumps();
  if (next_bump_ == bumps.size() || bumps[next_bump_] != partition) return false;
  ++next_bump_;
  return true;
}

std::string ChangeReader::FindProblem(const PartitionView& before,
                                      std::span<const int32_t> replicas, int i,
                                      const PartitionUpdate& change) const {
  const PartitionExtras kept = change.replicas.empty() ? before.extras() : PartitionExtras();
  if (change.extras != nullptr && change.extras->empty() && kept.empty()) {
    return "the record takes away extras that the partition would not keep";
  }
  if (before.partition_epoch() == std::numeric_limits<int32_t>::max() ||
      before.leader_epoch() == std::numeric_limits<int32_t>::max()) {
    return "an epoch has reached its maximum";
  }
  return FindStateProblem(replicas.size(), record_.isr_masks(i), record_.leader_positions(i),
                          change.extras != nullptr ? *change.extras : kept);
}

absl::Status ChangeReader::Read(int i, PartitionUpdate* change) {
  const int32_t partition = record_.partitions(i);
  if (partition < 0 || (i > 0 && partition <= record_.partitions(i - 1))) {
    return Malformed("topic %s: partition %d is out of order", topic_.name(), partition);
  }
  if (partition >= topic_.partition_count()) {
    return Contradiction("topic %s: there is no partition %d; the topic has %d partitions",
                         topic_.name(), partition, topic_.partition_count());
  }
  const PartitionView before = topic_.partition(partition);
  change->partition = partition;
  if (!record_.replica_counts().empty() && record_.replica_counts(i) != 0) {
    const std::string problem = replicas_.Take(record_.replica_counts(i), &change->replicas);
    if (!problem.empty()) {
      return Malformed("topic %s: partition %d: %s", topic_.name(), partition, problem);
    }
  }
  const bool keeps_replicas = change->replicas.empty();
  const std::span<const int32_t> replicas = keeps_replicas ? before.replicas() : change->replicas;
  change->extras = extras_.Take(partition);
  change->directories = directories_.Take(replicas.size());
  if (directories_.is_set() && keeps_replicas) would_keep_directories_ |= before.has_directories();

  std::string problem = FindProblem(before, replicas, i, *change);
  if (!problem.empty()) {
    return Contradiction("topic %s: partition %d: %s", topic_.name(), partition, problem);
  }
  change->isr_mask = record_.isr_masks(i);
  change->leader_position_plus_1 = static_cast<uint8_t>(record_.leader_positions(i));
  // The leaders are compared by broker id, because their positions may be in different lists.
  const bool leader_changes = LeaderIn(before.replicas(), LeaderField(before.leader_position())) !=
                              LeaderIn(replicas, change->leader_position_plus_1);
  const bool is_bumped = TakeBump(partition);
  if (is_bumped && leader_changes) {
    return Contradiction(
        "topic %s: partition %d: the record says that the leader epoch grows, but the leader "
        "changes, so it grows anyway",
        topic_.name(), partition);
  }
  change->leader_epoch = before.leader_epoch() + (leader_changes || is_bumped ? 1 : 0);
  change->partition_epoch = before.partition_epoch() + 1;
  return absl::OkStatus();
}

absl::Status ChangeReader::Finish() const {
  RETURN_IF_ERROR(replicas_.CheckAllTaken());
  RETURN_IF_ERROR(extras_.CheckAllTaken());
  if (next_bump_ < record_.leader_epoch_bumps_size()) {
    return Malformed(
        "topic %s: leader_epoch_bumps has partition %d out of order, or the record does not change "
        "it",
        topic_.name(), record_.leader_epoch_bumps(next_bump_));
  }
  if (const std::string problem = directories_.FindLengthProblem(); !problem.empty()) {
    return Contradiction("topic %s: %s", topic_.name(), problem);
  }
  if (directories_.is_set() && directories_.ids().empty() && !would_keep_directories_) {
    return Contradiction(
        "topic %s: the record takes away directories, but no partition would keep any",
        topic_.name());
  }
  return absl::OkStatus();
}

}  // namespace

v1::Record MakePartitionChangesRecord(const Uuid& topic_id,
                                      std::span<const PartitionChange> changes) {
  CHECK(!changes.empty());
  v1::Record record;
  v1::PartitionChangesRecord& fields = *record.mutable_partition_changes();
  fields.set_topic_id(std::string(topic_id.bytes()));
  bool has_replicas = false;
  DirectoryNumbers numbers;
  for (const PartitionChange& change : changes) {
    fields.add_partitions(change.partition);
    fields.add_isr_masks(change.isr_mask);
    fields.add_leader_positions(LeaderField(change.leader_position));
    if (change.bumps_leader_epoch) fields.add_leader_epoch_bumps(change.partition);
    has_replicas |= !change.replicas.empty();
    if (change.extras.has_value()) {
      AddExtras(change.partition, *change.extras, fields.mutable_extras());
    }
    for (const Uuid& id : change.directories) {
      fields.add_replica_directories(numbers.NumberOf(id));
    }
  }
  fields.set_directory_ids(JoinDirectoryIds(numbers.ids()));
  if (!has_replicas) return record;
  for (const PartitionChange& change : changes) {
    fields.add_replica_counts(static_cast<int32_t>(change.replicas.size()));
    for (const BrokerId replica : change.replicas) fields.add_replicas(replica.value());
  }
  return record;
}

absl::Status TopicsImage::Replay(const v1::PartitionChangesRecord& record,
                                 const ReplayContext& context) {
  ASSIGN_OR_RETURN(const TopicPtr topic, Require(record.topic_id()));
  const int count = record.partitions_size();
  if (count == 0) return Malformed("topic %s: the record has no partitions", topic->name());
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return Malformed("topic %s: the arrays differ in length", topic->name());
  }
  RETURN_IF_ERROR(CheckVersions(record, context.image));
  RETURN_IF_ERROR(CheckReplicaCounts(record.replica_counts(), count));
  ASSIGN_OR_RETURN(ExtrasOfRecord extras, ExtrasOfRecord::Read(record.extras()));
  ASSIGN_OR_RETURN(DirectoriesOfRecord directories,
                   DirectoriesOfRecord::Read(record.directory_ids(), record.replica_directories()));
  ChangeReader reader(*topic, record, std::move(extras), std::move(directories));
  std::vector<PartitionUpdate> changes(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) RETURN_IF_ERROR(reader.Read(i, &changes[static_cast<size_t>(i)]));
  RETURN_IF_ERROR(reader.Finish());
  OwnTopic(topic->id()).ChangePartitions(changes, reader.directory_ids());
  return absl::OkStatus();
}

int32_t TopicsImage::OffsetsOf(const v1::PartitionChangesRecord& record) {
  return record.partitions_size();
}

}  // namespace quorate::metadata
