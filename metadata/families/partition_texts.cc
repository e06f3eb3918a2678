// The functions of TopicsImage that write records of partitions as text.
#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "metadata/extras_text.h"
#include "metadata/families/topics.h"
#include "metadata/text_util.h"

namespace quorate::metadata {
namespace {

using ::google::protobuf::RepeatedField;

// Returns " 0: …; 1: …" for the first `max` of `count` partitions, then how many more there are.
template <typename Fn>
std::string ListText(int count, size_t max, Fn one) {
  std::string text;
  const int shown = static_cast<int>(std::min(static_cast<size_t>(count), max));
  for (int i = 0; i < shown; ++i) absl::StrAppend(&text, i == 0 ? " " : "; ", one(i));
  if (shown < count)
    absl::StrAppend(&text, shown == 0 ? " " : "; ", "and ", count - shown, " more");
  return text;
}

// The names of the replicas in a record, partition by partition.
class ReplicaNames {
 public:
  explicit ReplicaNames(const RepeatedField<int32_t>& replicas) : replicas_(replicas) {}

  // Returns the names of the next `count` replicas, or of as many as there are.
  std::vector<std::string> Take(int32_t count) {
    std::vector<std::string> names;
    for (; count > 0 && next_ < replicas_.size(); --count) {
      names.push_back(absl::StrCat(replicas_[next_++]));
    }
    return names;
  }

 private:
  const RepeatedField<int32_t>& replicas_;
  int next_ = 0;
};

// Returns " directories=" and the directories of the replicas from `begin` to `end` (exclusive), or
// "" if the record has no directories.
template <typename PartitionRecord>
std::string DirectoriesText(const PartitionRecord& record, size_t begin, size_t end) {
  const auto& numbers = record.replica_directories();
  const std::string_view ids = record.directory_ids();
  std::vector<std::string> texts;
  for (size_t i = begin; i < std::min(end, static_cast<size_t>(numbers.size())); ++i) {
    const uint32_t number = numbers[static_cast<int>(i)];
    const size_t id_end = size_t{number} * Uuid::kBytes;
    if (number == 0) {
      texts.emplace_back("-");
    } else if (id_end > ids.size()) {
      texts.push_back(absl::StrCat("#", number));
    } else {
      texts.push_back(Uuid::FromBytes(ids.substr(id_end - Uuid::kBytes, Uuid::kBytes))->ToString());
    }
  }
  return texts.empty() ? "" : absl::StrCat(" directories=", absl::StrJoin(texts, ","));
}

// Returns the text of the record's extras for the partition, or "" if it has none.
template <typename PartitionRecord>
std::string ExtrasTextOf(const PartitionRecord& record, int64_t partition,
                         const std::vector<std::string>& names) {
  const auto it =
      std::lower_bound(record.extras().begin(), record.extras().end(), partition,
                       [](const v1::PartitionExtras& a, int64_t b) { return a.partition() < b; });
  if (it == record.extras().end() || it->partition() != partition) return "";
  const std::string text = ExtrasText(*it, names);
  return text.empty() ? " no extras" : text;
}

}  // namespace

std::string TopicsImage::TextOf(const v1::PartitionsRecord& record, size_t max_items) {
  const std::string start = absl::StrCat("Partitions of ", IdText(record.topic_id()));
  const int count = record.replica_counts_size();
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return absl::StrCat(start, " malformed: ", record.ShortDebugString());
  }
  ReplicaNames names(record.replicas());
  size_t begin = 0;
  const auto text_of_partition = [&](int i) {
    // A malformed record may go beyond the highest partition.
    const int64_t partition = int64_t{record.first_partition()} + i;
    const std::vector<std::string> replicas = names.Take(record.replica_counts(i));
    std::string text =
        absl::StrCat(partition, ": leader=", LeaderText(record.leader_positions(i), replicas),
                     " replicas=", absl::StrJoin(replicas, ","),
                     " isr=", MaskText(record.isr_masks(i), replicas));
    if (i < record.leader_epochs_size()) {
      absl::StrAppend(&text, " leader_epoch=", record.leader_epochs(i));
    }
    if (i < record.partition_epochs_size()) {
      absl::StrAppend(&text, " partition_epoch=", record.partition_epochs(i));
    }
    absl::StrAppend(&text, ExtrasTextOf(record, partition, replicas),
                    DirectoriesText(record, begin, begin + replicas.size()));
    begin += replicas.size();
    return text;
  };
  return start + ListText(count, max_items, text_of_partition);
}

std::string TopicsImage::TextOf(const v1::PartitionChangesRecord& record, size_t max_items) {
  const std::string start = absl::StrCat("PartitionChanges of ", IdText(record.topic_id()));
  const int count = record.partitions_size();
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return absl::StrCat(start, " malformed: ", record.ShortDebugString());
  }
  ReplicaNames names(record.replicas());
  const auto text_of_partition = [&](int i) {
    const int32_t partition = record.partitions(i);
    // The record has the broker ids of the replicas only if they change.
    std::vector<std::string> replicas;
    if (i < record.replica_counts_size()) replicas = names.Take(record.replica_counts(i));
    std::string text =
        absl::StrCat(partition, ": leader=", LeaderText(record.leader_positions(i), replicas));
    if (!replicas.empty()) absl::StrAppend(&text, " replicas=", absl::StrJoin(replicas, ","));
    absl::StrAppend(&text, " isr=", MaskText(record.isr_masks(i), replicas),
                    ExtrasTextOf(record, partition, replicas));
    const auto& bumps = record.leader_epoch_bumps();
    if (std::binary_search(bumps.begin(), bumps.end(), partition)) text += " leader_epoch+1";
    return text;
  };
  // The record does not say how many replicas each partition has, so its directories cannot be
  // assigned to partitions.
  return absl::StrCat(start, ListText(count, max_items, text_of_partition),
                      DirectoriesText(record, 0, max_items));
}

}  // namespace quorate::metadata
