// Detects an event loop that is stuck in one task. A process with a stuck loop looks alive: it may
// stay leader and receive requests that it never answers.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/loop_meter.h"
#include "base/mutex.h"

namespace quorate::server {

// Checks the meters of several loops periodically, on its own thread.
class LoopWatchdog {
 public:
  struct Options {
    // A task that runs longer than this makes the process "not alive" until the task ends.
    Duration suspect_after = std::chrono::seconds(5);
    // A task that runs longer than this is fatal.
    Duration fatal_after = std::chrono::seconds(20);
    // The time between two checks. If more than `suspect_after` passes between them, the whole
    // process was paused; then the times of all tasks count from the end of the pause.
    Duration interval = std::chrono::milliseconds(500);
  };
  struct Loop {
    std::string name;
    const LoopMeter* meter;
  };

  // Both callbacks run on the watchdog's thread. `publish_alive` is called when the process becomes
  // not alive, and when it becomes alive again; it starts as alive. `on_fatal` is called on every
  // check while a task exceeds `fatal_after`. The meters, the clock and all that the callbacks use
  // must outlive the watchdog.
  LoopWatchdog(Options options, std::vector<Loop> loops, const Clock* clock,
               std::function<void(bool alive)> publish_alive,
               std::function<void(const absl::Status&)> on_fatal);
  // Calls Stop.
  ~LoopWatchdog();

  void Start();
  // Idempotent.
  void Stop();

  // Checks all loops once. Called by the watchdog's thread, or by a test that does not Start it.
  void Check(MonoTime now);

 private:
  void Run();

  const Options options_;
  const std::vector<Loop> loops_;
  const Clock* const clock_;
  const std::function<void(bool)> publish_alive_;
  const std::function<void(const absl::Status&)> on_fatal_;

  // Used only by Check.
  MonoTime last_check_ = MonoTime::max();
  // The end of the last pause of the process. Tasks that began earlier count from here.
  MonoTime count_from_ = MonoTime::min();
  bool alive_ = true;

  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Returns, for the log, the longest task of each loop and the most CPU time of one task.
std::string DescribeLongestTasks(const std::vector<LoopWatchdog::Loop>& loops);

}  // namespace quorate::server
