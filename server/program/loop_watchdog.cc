#include "server/program/loop_watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::server {

LoopWatchdog::LoopWatchdog(Options options, std::vector<Loop> loops, const Clock* clock,
                           std::function<void(bool alive)> publish_alive,
                           std::function<void(const absl::Status&)> on_fatal)
    : options_(options),
      loops_(std::move(loops)),
      clock_(clock),
      publish_alive_(std::move(publish_alive)),
      on_fatal_(std::move(on_fatal)) {}

LoopWatchdog::~LoopWatchdog() { Stop(); }

void LoopWatchdog::Start() {
  thread_ = std::thread([this] { Run(); });
}

void LoopWatchdog::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

void LoopWatchdog::Check(MonoTime now) {
  if (last_check_ < now - options_.suspect_after) count_from_ = now;
  last_check_ = now;
  Duration longest = Duration::zero();
  const Loop* slowest = nullptr;
  for (const Loop& loop : loops_) {
    const std::optional<MonoTime> since = loop.meter->busy_since();
    if (!since || now - std::max(*since, count_from_) <= longest) continue;
    longest = now - std::max(*since, count_from_);
    slowest = &loop;
  }
  const bool alive = longest < options_.suspect_after;
  if (alive != alive_) {
    if (alive) {
      LOG(WARNING) << "all loops make progress again: this process is alive";
    } else {
      LOG(ERROR) << "the loop '" << slowest->name << "' has been stuck for " << ToMs(longest)
                 << " ms: this process is not alive, and ends after " << ToMs(options_.fatal_after)
                 << " ms";
    }
    alive_ = alive;
    publish_alive_(alive);
  }
  if (longest >= options_.fatal_after) {
    on_fatal_(absl::InternalError(absl::StrFormat(
        "the loop '%s' has been stuck for %d ms; restart this process, which continues from what "
        "is on its disk. Keep the log for a bug report",
        slowest->name, ToMs(longest))));
  }
}

void LoopWatchdog::Run() {
  pthread_setname_np(pthread_self(), "watchdog");
  while (true) {
    {
      MutexLock lock(&mutex_);
      const MonoTime next = clock_->Now() + options_.interval;
      while (!stopping_ && clock_->Now() < next) stop_.WaitUntil(&mutex_, next);
      if (stopping_) return;
    }
    Check(clock_->Now());
  }
}

std::string DescribeLongestTasks(const std::vector<LoopWatchdog::Loop>& loops) {
  std::string text;
  for (const LoopWatchdog::Loop& loop : loops) {
    const LoopMeter::Figures figures = loop.meter->figures();
    absl::StrAppendFormat(&text, "%s%s %d ms (%d ms of CPU time)", text.empty() ? "" : ", ",
                          loop.name, ToMs(figures.longest), ToMs(figures.longest_cpu));
  }
  return "the longest task of each loop: " + text;
}

}  // namespace quorate::server
