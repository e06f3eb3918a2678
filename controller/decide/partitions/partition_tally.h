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

  struct Counts {
    // Partitions without a leader.
    int64_t offline = 0;
    // Partitions whose ISR is smaller than their replica set.
    int64_t under_replicated = 0;

    friend bool operator==(const Counts&, const Counts&) = default;
  };

  // Moves the counts on to `image`, which must be the counted image or descend from it. Takes time
  // proportional to the changes.
  void AdvanceTo(const metadata::MetadataImage& image);

  Load LoadOf(BrokerId broker) const;
  const Counts& counts() const { return counts_; }

 private:
  // `times` is 1 or -1.
  void Count(const metadata::PartitionView& partition, int64_t times);

  metadata::MetadataImage counted_;
  std::map<BrokerId, Load> loads_;
  Counts counts_;
};

}  // namespace quorate::controller
