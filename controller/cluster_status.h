// The state of the cluster in numbers, as one controller knows it, for metrics.
#pragma once

#include <cstddef>
#include <optional>

#include "controller/broker_sessions.h"
#include "controller/decide/partitions/partition_tally.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

struct ClusterStatus {
  // The committed image.
  metadata::MetadataImage image;
  // The counts over the partitions of the image.
  PartitionTally::Counts partitions;

  // What only the active controller has.
  struct Active {
    BrokerSessions::Counts sessions;
    // The number of requests that wait until they can be decided, and of answers that wait until
    // they are committed.
    size_t parked_requests = 0;
    size_t deferred_answers = 0;
  };
  std::optional<Active> active = {};
};

}  // namespace quorate::controller
