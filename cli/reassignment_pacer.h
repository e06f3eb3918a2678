// Decides which reassignments begin next, so that few replicas move to or from each broker at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace quorate::cli {

class ReassignmentPacer {
 public:
  // At most `max_moves_per_broker` replicas move to or from one broker. REQUIRES: it is at least 1.
  explicit ReassignmentPacer(int64_t max_moves_per_broker) : max_(max_moves_per_broker) {}

  // Adds a reassignment that waits. `entry` names it, and `brokers` are those to and from which
  // replicas move, each once. Without brokers it waits for nothing.
  void Add(size_t entry, std::vector<int32_t> brokers);

  size_t waiting() const { return waiting_.size(); }

  // Returns the entries that may begin now, in the order of Add, at most `limit`. They wait no
  // longer. `moving` is how many replicas move to or from each broker already.
  std::vector<size_t> Next(std::map<int32_t, int64_t> moving, size_t limit);

 private:
  struct Waiting {
    size_t entry = 0;
    std::vector<int32_t> brokers;
  };

  const int64_t max_;
  std::vector<Waiting> waiting_;
};

}  // namespace quorate::cli
