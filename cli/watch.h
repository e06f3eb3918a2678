// Repeats a view until the user interrupts it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command_line.h"

namespace quorate::cli {

// The flag --watch of a command.
struct WatchFlag {
  bool given = false;
  // The text of the interval.
  std::string interval = "2s";
};

// Adds --watch and --interval to a command.
void AddWatchFlag(CLI::App* verb, const std::shared_ptr<WatchFlag>& flag);

// Calls `show` once or, with --watch, again and again until the user interrupts it. On a terminal,
// each view replaces the one before. Otherwise the views follow each other, each after a line with
// the time; with --output json there is no such line. A view that fails does not end the command.
ExitCode ShowOrWatch(Session& session, const WatchFlag& flag,
                     const std::function<ExitCode()>& show);

}  // namespace quorate::cli
