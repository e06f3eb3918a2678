#include "cli/watch.h"

#include <unistd.h>

#include <ostream>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "cli/parse.h"
#include "cli/stop_condition.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

// Moves the cursor of a terminal to the top, and clears the screen.
constexpr char kClearScreen[] = "\x1b[H\x1b[2J";

}  // namespace

void AddWatchFlag(CLI::App* verb, const std::shared_ptr<WatchFlag>& flag) {
  CLI::Option* watch = verb->add_flag("--watch", flag->given,
                                      "Show it again and again, until the command is interrupted.");
  verb->add_option("--interval", flag->interval, "How long --watch waits between two views.")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(watch);
}

ExitCode ShowOrWatch(Session& session, const WatchFlag& flag,
                     const std::function<ExitCode()>& show) {
  const absl::StatusOr<Duration> interval = ParseTimeout(flag.interval);
  if (!interval.ok()) {
    return session.RefuseUsage("--interval: " + std::string(interval.status().message()));
  }
  if (!flag.given) return show();
  // Only a signal ends the command: its standard input may be empty from the beginning.
  StopCondition stop(Duration::max() / 2);
  const bool on_terminal = isatty(STDOUT_FILENO) == 1;
  ExitCode code = ExitCode::kDone;
  while (!stop.Reached() && session.out().good()) {
    if (on_terminal) session.out() << kClearScreen;
    session.Say(absl::StrFormat("%s, every %s\n", TimeText(SystemClock().WallMs()),
                                DurationText(ToMs(*interval))));
    code = show();
    session.Say("");
    session.out().flush();
    stop.WaitFor(*interval);
  }
  return code;
}

}  // namespace quorate::cli
