// When a command that goes on by itself is to end: after a while, when its standard input ends, or
// when the user interrupts it.
#pragma once

#include <optional>

#include "base/clock.h"

namespace quorate::cli {

// Not thread-safe; one in a process, because the process's signals are its own. From its
// construction on, a first SIGINT, SIGTERM or SIGHUP asks for a stop, and a second ends the process
// as usual.
class StopCondition {
 public:
  // Nothing stands for the end of standard input, which is read and thrown away.
  explicit StopCondition(std::optional<Duration> duration);

  // Never blocks.
  bool Reached();

 private:
  // Nothing: the end of standard input.
  const std::optional<MonoTime> deadline_;
};

}  // namespace quorate::cli
