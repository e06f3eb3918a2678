// Counts over all partitions of an image: what each broker leads and holds, and what is in trouble.
// Kept beside the image and moved on by what changed, because counting a million partitions anew
// for each decision would be slower than the decision.
#pragma once

#include <cstdint>
#include <map>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// A value; copying costs what the brokers cost.
class PartitionTally {
 public:
  struct Load {
    int64_t leaders = 0;
    int64_t replicas = 0;
  };

  // Counts `image` instead, which must be the counted one or descend from it. Costs what changed.
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
