// Formats a partition as one line, for comparisons in tests.
#pragma once

#include <string>

#include "absl/strings/str_format.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// For example "leader 1, isr 1,2 of 1,2,3, epochs 0/0" or "leader 3, isr 3 of 1,2,3, epochs 2/3,
// recovering". The epochs are leader epoch/partition epoch.
inline std::string ToText(const metadata::PartitionView& partition) {
  std::string text = partition.leader() ? "leader " + ToString(*partition.leader()) : "no leader";
  const char* separator = ", isr ";
  for (const BrokerId id : partition.Isr()) {
    text += separator + ToString(id);
    separator = ",";
  }
  separator = " of ";
  for (const int32_t id : partition.replicas()) {
    text += separator + std::to_string(id);
    separator = ",";
  }
  absl::StrAppendFormat(&text, ", epochs %d/%d", partition.leader_epoch(),
                        partition.partition_epoch());
  if (partition.recovering()) text += ", recovering";
  return text;
}

}  // namespace quorate::controller
