#include "cli/watch.h"

#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "cli/parse.h"
#include "cli/stop_condition.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

// Moves the cursor of a terminal to the top, and clears the screen.
constexpr char kClearScreen[] = "\x1b[H\x1b[2J";
// How soon the command notices that it should end.
constexpr Duration kPollInterval = std::chrono::milliseconds(50);

void WaitFor(Duration interval, StopCondition& stop) {
  const SystemClock clock;
  const MonoTime end = clock.Now() + interval;
  while (!stop.Reached() && clock.Now() < end) {
    std::this_thread::sleep_for(std::min(kPollInterval, end - clock.Now()));
  }
}

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
    WaitFor(*interval, stop);
  }
  return code;
}

}  // namespace quorate::cli
