// The Executor port on the scheduler: event loops, whose tasks take no time, and disks, whose tasks
// take time.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "base/executor.h"
#include "tests/sim/node_clock.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

// An event loop of a process. Its timers use the clock of its machine.
class LoopExecutor : public Executor {
 public:
  // All arguments outlive the executor.
  LoopExecutor(Scheduler* scheduler, Actor* actor, const NodeClock* clock)
      : scheduler_(*scheduler), actor_(actor), clock_(*clock) {}

  void Post(Task task) override { scheduler_.After(Duration(0), std::move(task), actor_); }
  bool TryPost(Task task) override {
    Post(std::move(task));
    return true;
  }
  TimerId PostAt(MonoTime when, Task task) override {
    return scheduler_.At(clock_.TrueTimeOf(when), std::move(task), actor_);
  }
  void CancelTimer(TimerId id) override { scheduler_.Cancel(id); }
  bool InLoop() const override { return true; }

 protected:
  Scheduler& scheduler_;
  Actor* const actor_;

 private:
  const NodeClock& clock_;
};

// A thread that works on a disk. Each task takes the latency of the disk.
class DiskExecutor final : public LoopExecutor {
 public:
  // `latency` is called for each task.
  DiskExecutor(Scheduler* scheduler, Actor* actor, const NodeClock* clock,
               std::function<Duration()> latency)
      : LoopExecutor(scheduler, actor, clock), latency_(std::move(latency)) {}

  void Post(Task task) override {
    free_at_ = std::max(free_at_, scheduler_.now()) + latency_();
    scheduler_.At(free_at_, std::move(task), actor_);
  }

 private:
  const std::function<Duration()> latency_;
  MonoTime free_at_;
};

}  // namespace quorate::sim
