#include "cli/stop_condition.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

namespace quorate::cli {
namespace {

// How soon a command that waits notices that it should end.
constexpr Duration kPollInterval = std::chrono::milliseconds(50);

volatile std::sig_atomic_t stop_signalled = 0;

void OnSignal(int /*signal*/) { stop_signalled = 1; }

void CatchSignals() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

// Returns whether standard input has ended or cannot be read. Does not block.
bool InputEnded() {
  pollfd input = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (poll(&input, 1, /*timeout=*/0) > 0) {
    char ignored[4096];
    const ssize_t size = read(STDIN_FILENO, ignored, sizeof(ignored));
    if (size == 0) return true;
    if (size < 0) return errno != EINTR && errno != EAGAIN;
  }
  return false;
}

std::optional<MonoTime> FromNow(std::optional<Duration> duration) {
  if (!duration.has_value()) return std::nullopt;
  return SystemClock().Now() + *duration;
}

}  // namespace

StopCondition::StopCondition(std::optional<Duration> duration) : deadline_(FromNow(duration)) {
  CatchSignals();
}

bool StopCondition::Reached() {
  if (stop_signalled != 0) return true;
  return deadline_.has_value() ? SystemClock().Now() >= *deadline_ : InputEnded();
}

void StopCondition::WaitFor(Duration time) {
  const SystemClock clock;
  const MonoTime end = clock.Now() + time;
  while (!Reached() && clock.Now() < end) {
    std::this_thread::sleep_for(std::min(kPollInterval, end - clock.Now()));
  }
}

}  // namespace quorate::cli
