// The functions of TopicsImage that write records of partitions as text.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "metadata/families/topics.h"
#include "metadata/text_util.h"

namespace quorate::metadata {
namespace {

// Returns the elements of `names` whose bits are set, and "#POSITION" for each bit above them.
std::string MaskText(uint32_t mask, const std::vector<std::string>& names) {
  std::vector<std::string> set;
  for (size_t i = 0; i < kMaxReplicas; ++i) {
    if ((mask >> i & 1) == 0) continue;
    set.push_back(i < names.size() ? names[i] : absl::StrCat("#", i));
  }
  return absl::StrJoin(set, ",");
}

std::string LeaderText(uint32_t position_plus_1, const std::vector<std::string>& names) {
  if (position_plus_1 == 0) return "none";
  const uint32_t position = position_plus_1 - 1;
  return position < names.size() ? names[position] : absl::StrCat("#", position);
}

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

}  // namespace

std::string TopicsImage::TextOf(const v1::PartitionsRecord& record, size_t max_items) {
  const std::string start = absl::StrCat("Partitions of ", IdText(record.topic_id()));
  const int count = record.replica_counts_size();
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return absl::StrCat(start, " malformed: ", record.ShortDebugString());
  }
  int begin = 0;
  const auto text_of_partition = [&](int i) {
    std::vector<std::string> replicas;
    const int end = std::min(begin + std::max(record.replica_counts(i), 0), record.replicas_size());
    for (; begin < end; ++begin) replicas.push_back(absl::StrCat(record.replicas(begin)));
    std::string text = absl::StrCat(record.first_partition() + i,
                                    ": leader=", LeaderText(record.leader_positions(i), replicas),
                                    " replicas=", absl::StrJoin(replicas, ","),
                                    " isr=", MaskText(record.isr_masks(i), replicas));
    if (i < record.leader_epochs_size()) {
      absl::StrAppend(&text, " leader_epoch=", record.leader_epochs(i));
    }
    if (i < record.partition_epochs_size()) {
      absl::StrAppend(&text, " partition_epoch=", record.partition_epochs(i));
    }
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
  const auto text_of_partition = [&](int i) {
    return absl::StrCat(record.partitions(i),
                        ": leader=", LeaderText(record.leader_positions(i), {}),
                        " isr=", MaskText(record.isr_masks(i), {}));
  };
  return start + ListText(count, max_items, text_of_partition);
}

}  // namespace quorate::metadata
