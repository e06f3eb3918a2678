// Observes from outside when controllers write snapshots: an incomplete file has a special name
// (storage/snapshot_names.h).
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace quorate::bench {

struct SnapshotSpan {
  int node = 0;
  // When the file appeared and when it was complete, accurate to a few milliseconds.
  std::chrono::steady_clock::time_point begun;
  std::chrono::steady_clock::time_point ended;
};

// Polls the data directories on a separate thread.
class SnapshotWatch {
 public:
  // Starts at once. `directories` contains the data directory of each controller by node id.
  explicit SnapshotWatch(std::map<int, std::string> directories);
  ~SnapshotWatch();
  SnapshotWatch(const SnapshotWatch&) = delete;
  SnapshotWatch& operator=(const SnapshotWatch&) = delete;

  // Stops, and returns the snapshots that were observed from beginning to end, ordered by their
  // ends. Call it once.
  std::vector<SnapshotSpan> Stop();

 private:
  void Run();

  const std::map<int, std::string> directories_;
  std::atomic<bool> stop_{false};
  std::vector<SnapshotSpan> spans_;
  std::thread thread_;
};

}  // namespace quorate::bench
