// Counts over all partitions of an image: what each broker leads and holds, and how many partitions
// are offline or under-replicated. The counts are updated by what changed from image to image,
// because counting a million partitions for each decision would take longer than the decision.
#pragma once

#include <cstdint>
#include <map>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// A value type. Copying takes time proportional to the number of brokers.
class PartitionTally {
 public:
  struct Load {
    int64_t leaders = 0;
    int64_t replicas = 0;
  };

  // Moves the counts on to `image`, which must be the counted image or descend from it. Takes time
  // proportional to the changes.
  void AdvanceTo(const metadata::MetadataImage& image);

  Load LoadOf(BrokerId broker) const;
  // Partitions without a leader.
  int64_t offline_count() const { return offline_; }
  // Partitions whose ISR is smaller than their replica set.
  int64_t under_replicated_count() const { return under_replicated_; }

 private:
  // `times` is 1 or -1.
  void Count(const metadata::PartitionView& partition, int64_t times);

  metadata::MetadataImage counted_;
  std::map<BrokerId, Load> loads_;
  int64_t offline_ = 0;
  int64_t under_replicated_ = 0;
};

}  // namespace quorate::controller
