// What a disk allows: synced puts of one small value, as a controller's log makes them.
#pragma once

#include <vector>

namespace quorate::bench {

// Latencies in ms, sorted: `writers` databases on the same disk, each with a thread that puts one
// value of kWriteBytes after the other, `puts` times.
std::vector<double> SyncedPuts(int writers, int puts);

}  // namespace quorate::bench
