// The write gap: how long no write is acknowledged while the active controller fails.
#pragma once

#include <chrono>
#include <string>

#include "tests/harness/cluster.h"

namespace quorate::bench {

inline constexpr int kNoSignal = 0;

struct WriteGap {
  // The longest time between two acknowledgements.
  double gap_ms = 0;
  // The time from the signal to the beginning of the gap.
  double gap_began_ms = 0;
  // The median latency of the writes before the signal.
  double usual_ms = 0;
};

// Sends the signal to the active controller while one write is in flight from a client of another
// controller (bench/single_writer.h), and restores the cluster afterwards. CHECKs that writes
// continue.
WriteGap MeasureWriteGap(testing::Cluster& cluster, int signal, const std::string& prefix,
                         std::chrono::milliseconds attempt_timeout);

}  // namespace quorate::bench
