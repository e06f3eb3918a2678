// The single task queue of a simulated world, ordered by time and then by the order of posting. It
// is the world's only notion of time and of concurrency.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"

namespace quorate::sim {

class Actor;

// A pending task and its due time.
struct ScheduledTask {
  MonoTime when;
  uint64_t order = 0;
  // The slot that stores the task. A slot is reused with another generation.
  uint32_t place = 0;
  uint32_t generation = 0;
};

// The owner of tasks, which can be paused or ended.
class Actor {
 public:
  bool alive() const { return alive_; }
  bool paused() const { return pauses_ > 0; }

 private:
  friend class Scheduler;
  bool alive_ = true;
  int pauses_ = 0;
  // Tasks that came due during a pause, in order.
  std::vector<ScheduledTask> held_;
};

class Scheduler {
 public:
  // A world's clock begins one hour after zero, so that no valid time is near it.
  static constexpr MonoTime kStart = MonoTime(std::chrono::hours(1));

  MonoTime now() const { return now_; }

  // Runs the task at `when`, or at once if that has passed. Does not run it if its actor has ended
  // by then. If the actor is paused, runs it after the pause. A task without an actor (null) always
  // runs. Actors outlive the scheduler.
  TimerId At(MonoTime when, Task task, Actor* actor = nullptr);
  TimerId After(Duration delay, Task task, Actor* actor = nullptr) {
    return At(now_ + delay, std::move(task), actor);
  }
  // Cancels a task. Ignores unknown and past ids.
  void Cancel(TimerId id);

  // Pauses are counted: an actor continues once each pause was resumed.
  static void Pause(Actor* actor) { ++actor->pauses_; }
  void Resume(Actor* actor);
  // Ends an actor. Its tasks no longer run, and are destroyed when they come due.
  static void End(Actor* actor) { actor->alive_ = false; }

  // Runs the next task. If no task is due before `end`, sets the time to `end` and returns false.
  bool RunNext(MonoTime end);

  // The number of tasks run so far.
  int64_t tasks_run() const { return tasks_run_; }

 private:
  struct Later {
    bool operator()(const ScheduledTask& a, const ScheduledTask& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };
  // A slot that stores a pending task. It is reused after the task has run.
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
