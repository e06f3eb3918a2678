// Divides replicas or leaderships evenly among brokers. Used by the planner of reassignments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::cli {

// Returns how many of `total` each of several brokers should have, so that no two differ by more
// than one. A broker gets at least `least`, what it cannot give away, and the others share the
// rest. If the rest does not divide evenly, those get one more that have most `now`, because then
// fewest have to move. REQUIRES: `least` and `now` have one element for each broker, at least one,
// and `total` is at least the sum of `least`.
std::vector<int64_t> EvenShares(const std::vector<int64_t>& least, const std::vector<int64_t>& now,
                                int64_t total);

// The brokers of one rack.
struct RackShares {
  std::vector<size_t> brokers;
  // What cannot leave the rack.
  int64_t least = 0;
};

// The same for brokers in racks. A rack that has more than an even share and cannot give it away
// shares what it has among its own brokers, and the others share the rest. REQUIRES: each broker is
// in one rack, and `least` of a rack is at least that of its brokers together.
std::vector<int64_t> EvenSharesInRacks(const std::vector<RackShares>& racks,
                                       const std::vector<int64_t>& least,
                                       const std::vector<int64_t>& now, int64_t total);

}  // namespace quorate::cli
