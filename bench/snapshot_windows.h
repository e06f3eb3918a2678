// Time windows that contain a snapshot, and comparable windows without one.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "bench/snapshot_watch.h"
#include "bench/unary_load.h"

namespace quorate::bench {

struct Window {
  std::chrono::steady_clock::time_point begin;
  std::chrono::steady_clock::time_point end;
};

// Two windows of equal length. In the calm window, which is the earlier one, no snapshot is
// written.
struct WindowPair {
  Window calm;
  Window during;
};

class SnapshotWindows {
 public:
  // A window extends `margin` beyond its snapshot on both sides. No window begins before `begin`.
  SnapshotWindows(const std::vector<SnapshotSpan>& spans, std::chrono::milliseconds margin,
                  std::chrono::steady_clock::time_point begin);

  // Returns the pairs for the snapshots of the wanted nodes. Omits a snapshot without an earlier
  // calm window.
  std::vector<WindowPair> Pairs(const std::function<bool(int node)>& wanted) const;
  // Returns a pair for the calm window of each pair, as if a snapshot were written in it.
  std::vector<WindowPair> CalmPairs() const;

 private:
  struct Busy {
    int node = 0;
    Window window;
  };

  // Returns the nearest calm window before `window`.
  std::optional<Window> CalmBefore(const Window& window) const;

  const std::chrono::steady_clock::time_point begin_;
  std::vector<Busy> busy_;
};

// Returns the latencies in ms, sorted, of the calls that were due in the window.
std::vector<double> LatenciesDueIn(const Window& window, const std::vector<PacedCall>& calls);

}  // namespace quorate::bench
