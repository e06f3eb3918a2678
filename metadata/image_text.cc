#include "metadata/image_text.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "metadata/extras_text.h"
#include "metadata/image_state.h"

namespace quorate::metadata {

std::string PartitionText(const PartitionView& partition) {
  std::string leader = "none";
  if (partition.leader().has_value()) leader = ToString(*partition.leader());
  return absl::StrFormat("leader=%s replicas=%s isr=%s leader_epoch=%d partition_epoch=%d%s",
                         leader, absl::StrJoin(partition.replicas(), ","),
                         absl::StrJoin(partition.Isr(), ",", absl::StreamFormatter()),
                         partition.leader_epoch(), partition.partition_epoch(),
                         ExtrasText(partition));
}

std::string ImageText(const MetadataImage& image) {
  std::string text =
      absl::StrFormat("image end_offset=%d epoch=%d append_time_ms=%d metadata_version=%d\n",
                      image.end_offset().value(), image.last_epoch().value(),
                      image.last_append_time_ms(), image.metadata_version());
  image.ForEachFamily([&text](const auto& family) { family.AddToText(text); });
  return text;
}

}  // namespace quorate::metadata
