// Asks one broker for its own view again and again during a chaos test, and has it judged.
#pragma once

#include <atomic>
#include <thread>

#include "tests/harness/cluster.h"
#include "tests/process/chaos/broker_checks.h"
#include "tests/process/chaos/committed_log.h"
#include "tests/process/chaos/violations.h"

namespace quorate::testing {

// Owns one thread.
class BrokerWatch {
 public:
  // The arguments must outlive the watch.
  BrokerWatch(const Cluster* cluster, int broker, const CommittedLog* log, BrokerChecks* checks,
              Violations* violations);
  ~BrokerWatch();

  void Stop();

 private:
  void Run();
  // Waits until the log reaches the offset, because the broker may have a batch before the test has
  // it. Returns false if the watch ends before, and reports it if that lasts too long.
  bool AwaitLog(int64_t end_offset);

  const Cluster& cluster_;
  const int broker_;
  const CommittedLog& log_;
  BrokerChecks& checks_;
  Violations& violations_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quorate::testing
