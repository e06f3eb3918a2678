// Notices a loop that stands still: a process that only looks alive keeps leadership and gets
// requests that it never answers.
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

class LoopWatchdog {
 public:
  struct Options {
    // A task that runs for so long makes the process not alive, for as long as it runs.
    Duration suspect_after = std::chrono::seconds(5);
    // And for so long ends it.
    Duration fatal_after = std::chrono::seconds(20);
    // Between two looks. When far more has passed, the whole process was paused, and all counts
    // begin anew.
    Duration interval = std::chrono::milliseconds(500);
  };
  struct Loop {
    std::string name;
    const LoopMeter* meter;
  };

  // What is told to the two callbacks is told on the watchdog's thread; what they and the meters
  // need outlives it. `publish_alive` hears each change, beginning with alive.
  LoopWatchdog(Options options, std::vector<Loop> loops, const Clock* clock,
               std::function<void(bool alive)> publish_alive,
               std::function<void(const absl::Status&)> on_fatal);
  // Stops first.
  ~LoopWatchdog();

  void Start();
  // Idempotent.
  void Stop();

  // One look, by the watchdog's thread or by a test instead of it.
  void Look(MonoTime now);

 private:
  void Run();

  const Options options_;
  const std::vector<Loop> loops_;
  const Clock* const clock_;
  const std::function<void(bool)> publish_alive_;
  const std::function<void(const absl::Status&)> on_fatal_;

  // Of the one who looks.
  MonoTime last_look_ = MonoTime::max();
  MonoTime count_from_ = MonoTime::min();
  bool alive_ = true;

  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::server
