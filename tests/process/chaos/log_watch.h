// Reads the committed log from one controller during a chaos test, through every fault, and hands
// what it serves to the CommittedLog.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tests/harness/cluster.h"
#include "tests/process/chaos/committed_log.h"
#include "tests/process/chaos/violations.h"

namespace quorate::testing {

// Owns one thread, which subscribes to the controller's client listener again and again: in turn at
// the end of the known log and at the start of the controller's own log.
class LogWatch {
 public:
  // The arguments must outlive the watch.
  LogWatch(const Cluster* cluster, int node, CommittedLog* log, Violations* violations);
  ~LogWatch();

  // Ends the thread. REQUIRES: the controller runs, so that its subscription continues.
  void Stop();
  // How often the controller's log was read from its start to its end.
  int complete_reads() const { return complete_reads_; }

 private:
  void Run();
  // Reads one subscription until it ends, or until the controller has reported its progress
  // several times.
  void ReadFrom(const CommittedLog::Position& from);

  const Cluster& cluster_;
  const int node_;
  const std::string name_;
  CommittedLog& log_;
  Violations& violations_;
  std::atomic<bool> stop_{false};
  std::atomic<int> complete_reads_{0};
  std::thread thread_;
};

}  // namespace quorate::testing
