// The one queue that everything in a simulated world waits in: who is due first, by time and then
// by the order of posting. It is the world's only notion of time and of concurrency.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"

namespace quorate::sim {

class Actor;

// Who waits, and since when.
struct ScheduledTask {
  MonoTime when;
  uint64_t order = 0;
  // Where the task is; another generation there is another task.
  uint32_t place = 0;
  uint32_t generation = 0;
};

// Whose task it is: something that can stand still, or end.
class Actor {
 public:
  bool alive() const { return alive_; }
  bool paused() const { return pauses_ > 0; }

 private:
  friend class Scheduler;
  bool alive_ = true;
  int pauses_ = 0;
  // What came due meanwhile, in order.
  std::vector<ScheduledTask> held_;
};

class Scheduler {
 public:
  // A world's clock begins one hour after zero, so that no valid time is near it.
  static constexpr MonoTime kStart = MonoTime(std::chrono::hours(1));

  MonoTime now() const { return now_; }

  // Runs the task at `when` (at once, if that has passed), unless its actor has ended by then;
  // while the actor is paused, after that. Null: nobody's, and so always. Actors outlive the
  // scheduler.
  TimerId At(MonoTime when, Task task, Actor* actor = nullptr);
  TimerId After(Duration delay, Task task, Actor* actor = nullptr) {
    return At(now_ + delay, std::move(task), actor);
  }
  // The task will not run; unknown and past ids are ignored.
  void Cancel(TimerId id);

  // Pauses add up: an actor goes on once each was resumed.
  static void Pause(Actor* actor) { ++actor->pauses_; }
  void Resume(Actor* actor);
  // Nothing of the actor's runs any more. Its tasks are destroyed as they come due.
  static void End(Actor* actor) { actor->alive_ = false; }

  // Runs the next task. False, and time is `end`: nothing is due before `end`.
  bool RunNext(MonoTime end);

  // Tasks run so far.
  int64_t tasks_run() const { return tasks_run_; }

 private:
  struct Later {
    bool operator()(const ScheduledTask& a, const ScheduledTask& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };
  // Where a task waits; used again once it ran.
  struct Place {
    uint32_t generation = 0;
    Actor* actor = nullptr;
    Task task;
  };

  void Enqueue(const ScheduledTask& task);
  Task Take(uint32_t place);

  MonoTime now_ = kStart;
  uint64_t next_order_ = 0;
  int64_t tasks_run_ = 0;
  std::vector<ScheduledTask> heap_;
  std::vector<Place> places_;
  std::vector<uint32_t> free_;
};

}  // namespace quorate::sim
