#include "bench/snapshot_windows.h"

#include <algorithm>

#include "bench/statistics.h"

namespace quorate::bench {

SnapshotWindows::SnapshotWindows(const std::vector<SnapshotSpan>& spans,
                                 std::chrono::milliseconds margin,
                                 std::chrono::steady_clock::time_point begin)
    : begin_(begin) {
  for (const SnapshotSpan& span : spans) {
    busy_.push_back({.node = span.node, .window = {span.begun - margin, span.ended + margin}});
  }
}

std::vector<WindowPair> SnapshotWindows::Pairs(const std::function<bool(int node)>& wanted) const {
  std::vector<WindowPair> pairs;
  for (const Busy& busy : busy_) {
    if (!wanted(busy.node)) continue;
    if (const auto calm = CalmBefore(busy.window)) {
      pairs.push_back({.calm = *calm, .during = busy.window});
    }
  }
  return pairs;
}

std::vector<WindowPair> SnapshotWindows::CalmPairs() const {
  std::vector<WindowPair> pairs;
  for (const WindowPair& pair : Pairs([](int) { return true; })) {
    if (const auto calm = CalmBefore(pair.calm)) {
      pairs.push_back({.calm = *calm, .during = pair.calm});
    }
  }
  return pairs;
}

std::optional<Window> SnapshotWindows::CalmBefore(const Window& window) const {
  const auto length = window.end - window.begin;
  auto end = window.begin;
  while (end - length >= begin_) {
    const auto in_the_way = std::find_if(busy_.begin(), busy_.end(), [&](const Busy& busy) {
      return busy.window.begin < end && busy.window.end > end - length;
    });
    if (in_the_way == busy_.end()) return Window{end - length, end};
    end = in_the_way->window.begin;
  }
  return std::nullopt;
}

std::vector<double> LatenciesDueIn(const Window& window, const std::vector<PacedCall>& calls) {
  std::vector<double> latencies_ms;
  for (const PacedCall& call : calls) {
    if (call.due < window.begin || call.due >= window.end) continue;
    latencies_ms.push_back(Milliseconds(call.answered - call.due));
  }
  std::sort(latencies_ms.begin(), latencies_ms.end());
  return latencies_ms;
}

}  // namespace quorate::bench
