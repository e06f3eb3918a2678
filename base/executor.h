// Where a subsystem's code runs. Each subsystem (raft, controller, broker, …) owns one loop and
// needs no locks: others post values to it. The simulator replaces every loop by one seeded
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

// Thread-safe. Tasks run one at a time, in the order in which they were posted.
class Executor {
 public:
  virtual ~Executor() = default;

  // For completions and peer messages, which are never dropped; their senders bound them.
  virtual void Post(Task task) = 0;

  // Runs `work` before it returns, on the caller's thread, as a task of this loop, if the loop is
  // idle: it then costs no switch of threads. False, and nothing has run, if not. For short work,
  // from a caller that holds no lock.
  [[nodiscard]] virtual bool TryRun(absl::FunctionRef<void()> /*work*/) { return false; }

  // As Post, but tries to run it at once.
  void RunOrPost(Task task);

  // For requests from outside: false, and the task is destroyed unrun, when the inbox is full.
  [[nodiscard]] virtual bool TryPost(Task task) = 0;

  // Runs the task at or soon after `when`. The id is never kNoTimer.
  virtual TimerId PostAt(MonoTime when, Task task) = 0;

  // After this returns on the loop itself, the timer does not fire. Unknown ids are ignored.
  virtual void CancelTimer(TimerId id) = 0;

  // True on the thread that runs the tasks, while it does.
  virtual bool InLoop() const = 0;
};

inline void Executor::RunOrPost(Task task) {
  const bool ran = TryRun([&task] {
    std::move(task)();
    task = nullptr;  // what it owns is destroyed as part of it
  });
  if (!ran) Post(std::move(task));
}

}  // namespace quorate
