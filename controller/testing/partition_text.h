// Formats a partition as one line, for comparisons in tests.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// For example "leader 1, isr 1,2 of 1,2,3, epochs 0/0", "leader 3, isr 3 of 1,2,3, epochs 2/3,
// recovering", "leader 1, isr 1 of 2,1, epochs 0/1, adding 2, removing 1" or "no leader of 1,2,3,
// epochs 1/2, eligible 1,2, last leader 1". The epochs are leader epoch/partition epoch.
inline std::string ToText(const metadata::PartitionView& partition) {
  std::string text = partition.leader() ? "leader " + ToString(*partition.leader()) : "no leader";
  const auto add = [&](const char* separator, uint32_t mask) {
    for (const BrokerId id : partition.ReplicasIn(mask)) {
      text += separator + ToString(id);
      separator = ",";
    }
  };
  add(", isr ", partition.isr_mask());
  add(" of ", ~0U);
  absl::StrAppendFormat(&text, ", epochs %d/%d", partition.leader_epoch(),
                        partition.partition_epoch());
  add(", adding ", partition.adding_mask());
  add(", removing ", partition.removing_mask());
  add(", eligible ", partition.elr_mask());
  if (const auto last = partition.last_known_leader()) text += ", last leader " + ToString(*last);
  if (partition.recovering()) text += ", recovering";
  return text;
}

}  // namespace quorate::controller
