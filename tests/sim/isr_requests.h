// What a simulated broker asks the controller to change about the partitions that it leads.
// Brokers hold no messages, so chance decides which replicas have caught up and which lag behind.
#pragma once

#include <optional>

#include "base/random.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::sim {

// Returns the request that the broker makes after it has replayed `view`, or nullopt if it asks for
// nothing. Unless it is in a `hurry`, most replicas take a while to catch up, and now and then one
// lags behind. REQUIRES: the broker is registered in `view`.
std::optional<broker::v1::AlterPartitionRequest> MakeIsrRequest(const metadata::MetadataImage& view,
                                                                BrokerId leader, Rng& rng,
                                                                bool hurry);

}  // namespace quorate::sim
