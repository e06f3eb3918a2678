#include "base/loop_meter.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace quorate {
namespace {

constexpr Duration kCpuTimeMaxAge = std::chrono::milliseconds(1);

Duration CpuTimeOfThisThread() {
  timespec used{};
  CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), 0);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// Returns whether the calling thread has a lower priority than the process. Its tasks may wait long
// for a processor.
bool RunsInBackground() {
  const auto priority = [](pid_t thread) {
    return getpriority(PRIO_PROCESS, static_cast<id_t>(thread));
  };
  return priority(gettid()) > priority(getpid());
}

}  // namespace

Duration LoopMeter::RecentCpuTime(MonoTime now) {
  struct Reading {
    MonoTime at = MonoTime::min();
    Duration cpu{};
  };
  // For each thread, because a loop may run a task on the thread that posts it.
  static thread_local Reading reading;
  if (now < reading.at || now - kCpuTimeMaxAge > reading.at) {
    reading = {.at = now, .cpu = CpuTimeOfThisThread()};
  }
  return reading.cpu;
}

std::optional<MonoTime> LoopMeter::busy_since() const {
  const int64_t since = since_.load(std::memory_order_relaxed);
  if (since == kIdle) return std::nullopt;
  return MonoTime(Duration(since));
}

LoopMeter::Figures LoopMeter::figures() const {
  return {.longest = longest(),
          .longest_cpu = Duration(longest_cpu_.load(std::memory_order_relaxed)),
          .over_limit = over_limit_.load(std::memory_order_relaxed),
          .over_limit_cpu = over_limit_cpu_.load(std::memory_order_relaxed)};
}

void LoopMeter::Record(Duration took, MonoTime now) {
  const Duration cpu = std::min(took, CpuTimeOfThisThread() - cpu_at_begin_);
  longest_.store(std::max(longest(), took).count(), std::memory_order_relaxed);
  longest_cpu_.store(std::max<int64_t>(longest_cpu_.load(std::memory_order_relaxed), cpu.count()),
                     std::memory_order_relaxed);
  if (took <= kTaskLimit) return;
  over_limit_.fetch_add(1, std::memory_order_relaxed);
  if (cpu > kTaskLimit) over_limit_cpu_.fetch_add(1, std::memory_order_relaxed);
  if (took <= kWarnAfter || now < warn_again_at_) return;
  if (cpu <= kTaskLimit && RunsInBackground()) return;
  warn_again_at_ = now + kWarnPause;
  const Figures all = figures();
  LOG(WARNING) << "the loop \"" << name_ << "\" stood still for " << ToMs(took)
               << " ms while one task ran, which used " << ToMs(cpu) << " ms of CPU time; "
               << all.over_limit << " tasks so far took longer than " << ToMs(kTaskLimit)
               << " ms, and " << all.over_limit_cpu << " of them used that much CPU time";
}

}  // namespace quorate
