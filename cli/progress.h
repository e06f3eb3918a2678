// Shows how far a long command is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "cli/session.h"

namespace quorate::cli {

struct Progress {
  int64_t total = 0;
  int64_t done = 0;
  // How many were done when the command began.
  int64_t done_before = 0;
  int64_t moving = 0;
  Duration elapsed = {};
};

// "[######              ]  30 %, 3 of 10 partitions, 2 moving, about 7 s left". The time is left
// out while it cannot be estimated.
std::string ProgressText(const Progress& progress);

// Prints the progress to standard error, and nothing with --output json. On a terminal, each line
// replaces the one before. Otherwise a line is printed at most every few seconds. Not thread-safe.
class ProgressPrinter {
 public:
  // The session must outlive the printer.
  explicit ProgressPrinter(Session& session);

  void Show(const Progress& progress);
  // Ends the last line.
  void Finish();

 private:
  Session& session_;
  const bool on_terminal_;
  std::string shown_;
  std::optional<MonoTime> shown_at_;
};

}  // namespace quorate::cli
