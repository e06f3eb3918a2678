// Decides when a continuous command ends: after a duration, at the end of standard input, or when
// the user interrupts it.
#pragma once

#include <optional>

#include "base/clock.h"

namespace quorate::cli {

// Not thread-safe. There may be only one in a process, because it handles the signals of the
// process. After construction, the first SIGINT, SIGTERM or SIGHUP requests a stop, and the second
// ends the process as usual.
class StopCondition {
 public:
  // With nullopt, the command ends at the end of standard input, whose data is discarded.
  explicit StopCondition(std::optional<Duration> duration);

  // Returns whether the command should end. Never blocks.
  bool Reached();

  // Waits for `time`, or until the command should end.
  void WaitFor(Duration time);

 private:
  // Nullopt if the command ends at the end of standard input.
  const std::optional<MonoTime> deadline_;
};

}  // namespace quorate::cli
