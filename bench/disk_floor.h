// The limit of the disk: synced puts of one small value, as in a controller's log.
#pragma once

#include <vector>

namespace quorate::bench {

// Measures `writers` databases on the same disk, each with a thread that makes `puts` puts of
// kWriteBytes one after the other. Returns the latencies in ms, sorted.
std::vector<double> SyncedPuts(int writers, int puts);

}  // namespace quorate::bench
