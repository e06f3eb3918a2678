// When controllers write snapshots, seen from outside: a file that is not complete yet has a name
// of its own (storage/snapshot_directory.h).
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
  // To a few milliseconds: the file appeared, and was complete.
  std::chrono::steady_clock::time_point begun;
  std::chrono::steady_clock::time_point ended;
};

class SnapshotWatch {
 public:
  // Begins at once. `directories`: the data directory of each controller, by its node.
  explicit SnapshotWatch(std::map<int, std::string> directories);
  ~SnapshotWatch();
  SnapshotWatch(const SnapshotWatch&) = delete;
  SnapshotWatch& operator=(const SnapshotWatch&) = delete;

  // Those that were seen from beginning to end, by the time of their ends. Call once.
  std::vector<SnapshotSpan> Stop();

 private:
  void Run();

  const std::map<int, std::string> directories_;
  std::atomic<bool> stop_{false};
  std::vector<SnapshotSpan> spans_;
  std::thread thread_;
};

}  // namespace quorate::bench
