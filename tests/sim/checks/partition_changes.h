// Checks how one committed entry changes one partition (invariant 16, docs/simulation.md).
// The state after the entry has no problem of its own (partition_states.h).
#pragma once

#include <string>

#include "metadata/metadata_image.h"
#include "tests/sim/checks/partition_requests.h"

namespace quorate::sim {

// What an entry does to one partition of `topic`, which is the topic after the entry.
struct PartitionStep {
  const metadata::MetadataImage& before;
  const metadata::MetadataImage& after;
  const metadata::TopicImage& topic;
  const metadata::PartitionView& old;
  const metadata::PartitionView& now;
  const PartitionRequest& request;
};

// Returns which rule the step breaks, or "".
std::string FindChangeProblem(const PartitionStep& step);
// Returns which rule a partition breaks that was created in this state, or "".
std::string FindCreationProblem(const metadata::MetadataImage& image,
                                const metadata::PartitionView& partition);

}  // namespace quorate::sim
