// Tells what an entry of the log did, in the terms of the people who run the cluster.
#pragma once

#include <vector>

#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/cluster_event.pb.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::metadata {

// An entry tells of at most this many topics, brokers or configs of one kind. A last event sums up
// the rest, so that a request that creates 20,000 topics is readable.
inline constexpr int kMaxEventsOfAKind = 20;

// Returns the events of one batch, in the order of their importance. `before` is the image before
// the batch and `after` the one that its replay gave. Takes time proportional to what the batch
// changed. REQUIRES: `batch` was replayed, so its records are well-formed.
std::vector<v1::ClusterEvent> EventsOf(const v1::Batch& batch, const MetadataImage& before,
                                       const MetadataImage& after);

}  // namespace quorate::metadata
