// Fills a cluster with metadata, as fast as its limits allow.
#pragma once

#include <cstdint>
#include <string>

#include "tests/harness/cluster.h"

namespace quorate::bench {

// Creates topics with `partitions` partitions each until topics and partitions together number at
// least `records`. Prints its progress. CHECKs success.
void FillMetadata(const testing::Cluster& cluster, int64_t records, int partitions,
                  int replication_factor = 1);

// Returns the name of the n-th topic that FillMetadata creates.
std::string FillerName(int64_t n);

}  // namespace quorate::bench
