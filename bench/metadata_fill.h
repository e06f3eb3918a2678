// Fills a cluster with metadata, as fast as its limits allow.
#pragma once

#include <cstdint>

#include "tests/harness/cluster.h"

namespace quorate::bench {

// Creates topics of `partitions` partitions each until they and their partitions are `records` in
// number, or the first number above that. Prints how far it is. CHECKs success.
void FillMetadata(const testing::Cluster& cluster, int64_t records, int partitions);

}  // namespace quorate::bench
