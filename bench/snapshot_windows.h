// Windows of time with a snapshot in them, and comparable ones without.
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

// Equally long. No snapshot is written in the calm one, which is the earlier one.
struct WindowPair {
  Window calm;
  Window during;
};

class SnapshotWindows {
 public:
  // A window reaches `margin` beyond its snapshot on both sides. None begins before `begin`.
  SnapshotWindows(const std::vector<SnapshotSpan>& spans, std::chrono::milliseconds margin,
                  std::chrono::steady_clock::time_point begin);

  // Of the snapshots of these nodes. A snapshot before which there is no calm window has none.
  std::vector<WindowPair> Pairs(const std::function<bool(int node)>& wanted) const;
  // Of the calm window of each pair, as if there were a snapshot in it.
  std::vector<WindowPair> CalmPairs() const;

 private:
  struct Busy {
    int node = 0;
    Window window;
  };

  // The nearest one before `window`.
  std::optional<Window> CalmBefore(const Window& window) const;

  const std::chrono::steady_clock::time_point begin_;
  std::vector<Busy> busy_;
};

// In ms, sorted, of the calls that were due in the window.
std::vector<double> LatenciesDueIn(const Window& window, const std::vector<PacedCall>& calls);

}  // namespace quorate::bench
