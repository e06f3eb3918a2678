#include "metadata/extras_text.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "metadata/partition_fields.h"

namespace quorate::metadata {

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

std::string ExtrasText(const v1::PartitionExtras& extras, const std::vector<std::string>& names) {
  std::string text;
  const auto append = [&](const char* name, uint32_t mask) {
    if (mask != 0) absl::StrAppend(&text, " ", name, "=", MaskText(mask, names));
  };
  append("adding", extras.adding_mask());
  append("removing", extras.removing_mask());
  append("elr", extras.elr_mask());
  if (extras.last_known_leader_position() != 0) {
    absl::StrAppend(&text,
                    " last_known_leader=", LeaderText(extras.last_known_leader_position(), names));
  }
  if (extras.recovering()) text += " recovering";
  return text;
}

std::string ExtrasText(const PartitionView& partition) {
  std::string text;
  if (!partition.extras().empty()) {
    ExtrasOfRecord::Field extras;
    AddExtras(partition.index(), partition.extras(), &extras);
    std::vector<std::string> names;
    for (const int32_t replica : partition.replicas()) names.push_back(absl::StrCat(replica));
    text = ExtrasText(extras[0], names);
  }
  if (!partition.has_directories()) return text;
  std::vector<std::string> directories;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    const std::optional<Uuid> id = partition.directory(i);
    directories.push_back(id.has_value() ? id->ToString() : "-");
  }
  return absl::StrCat(text, " directories=", absl::StrJoin(directories, ","));
}

}  // namespace quorate::metadata
