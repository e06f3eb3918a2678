// A client that keeps one write in flight.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/harness/cluster.h"

namespace quorate::bench {

// Each write creates a topic with one partition. Owns one thread. A write that fails ends the
// program.
class SingleWriter {
 public:
  // Begins to write through controller `node`. An attempt takes at most `attempt_timeout`. The
  // names of the topics begin with `prefix`. The cluster must outlive the writer.
  SingleWriter(const testing::Cluster& cluster, int node, std::string prefix,
               std::chrono::milliseconds attempt_timeout);
  ~SingleWriter();
  SingleWriter(const SingleWriter&) = delete;
  SingleWriter& operator=(const SingleWriter&) = delete;

  // Waits for the write that is in flight. Returns the times of all acknowledgements.
  std::vector<std::chrono::steady_clock::time_point> Finish();

 private:
  void Write(client::AdminClient client, const std::string& prefix);

  std::atomic<bool> stop_{false};
  std::vector<std::chrono::steady_clock::time_point> acknowledged_;
  std::thread thread_;
};

}  // namespace quorate::bench
