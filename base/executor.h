// Where a subsystem's code runs. Each subsystem (raft, controller, broker, …) owns one loop and
// needs no locks: others post tasks to it. The simulator replaces all loops with one seeded
// scheduler.
#pragma once

#include <cstdint>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "base/clock.h"

namespace quorate {

using Task = absl::AnyInvocable<void() &&>;
using TimerId = uint64_t;
inline constexpr TimerId kNoTimer = 0;

// Runs tasks one at a time, in the order in which they were posted. Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;

  // Queues `task`. For completions and peer messages, which are never dropped. Their senders limit
  // how many are queued.
  virtual void Post(Task task) = 0;

  // If the loop is idle, runs `work` on the caller's thread, as a task of this loop, before it
  // returns. This saves a thread switch. Otherwise returns false and runs nothing. For short work,
  // from a caller that holds no lock.
  [[nodiscard]] virtual bool TryRun(absl::FunctionRef<void()> /*work*/) { return false; }

  // Runs `task` with TryRun if that is possible, and otherwise posts it.
  void RunOrPost(Task task);

  // Queues `task`, or returns false and destroys it without running it if the inbox is full. For
  // requests from outside the process.
  [[nodiscard]] virtual bool TryPost(Task task) = 0;

  // Runs `task` at or soon after `when`. The returned id is never kNoTimer.
  virtual TimerId PostAt(MonoTime when, Task task) = 0;

  // Cancels a timer. If called on the loop itself, the timer does not fire after this returns.
  // Ignores unknown ids.
  virtual void CancelTimer(TimerId id) = 0;

  // Returns true on the thread that runs the tasks, while it runs them.
  virtual bool InLoop() const = 0;
};

inline void Executor::RunOrPost(Task task) {
  const bool ran = TryRun([&task] {
    std::move(task)();
    task = nullptr;  // what the task owns is destroyed as part of it
  });
  if (!ran) Post(std::move(task));
}

}  // namespace quorate
