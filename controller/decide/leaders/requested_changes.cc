#include "controller/decide/leaders/requested_changes.h"

#include "absl/strings/str_format.h"
#include "controller/decide/partitions/partition_change.h"

namespace quorate::controller {

void RequestedChanges::Add(const metadata::TopicImage& topic,
                           std::vector<metadata::PartitionChange> changes) {
  if (changes.empty()) return;
  for (const metadata::PartitionChange& change : changes) {
    CountChange(topic.partition(change.partition), change, &counts_);
  }
  only_topic_ = topic.name();
  only_partition_ = changes[0].partition;
  AddPartitionChanges(topic, std::move(changes), &records_);
}

std::string RequestedChanges::Text() const {
  return counts_.changed == 1 ? absl::StrFormat("%s-%d", only_topic_, only_partition_)
                              : absl::StrFormat("(%d partitions)", counts_.changed);
}

}  // namespace quorate::controller
