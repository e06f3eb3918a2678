#include "tests/sim/scheduler.h"

#include <algorithm>
#include <utility>

namespace quorate::sim {

TimerId Scheduler::At(MonoTime when, Task task, Actor* actor) {
  uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<uint32_t>(places_.size());
    places_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Place& place = places_[index];
  place.actor = actor;
  place.task = std::move(task);
  Enqueue({.when = std::max(when, now_),
           .order = next_order_++,
           .place = index,
           .generation = place.generation});
  return static_cast<TimerId>(place.generation) << 32 | (index + 1);
}

void Scheduler::Enqueue(const ScheduledTask& task) {
  heap_.push_back(task);
  std::push_heap(heap_.begin(), heap_.end(), Later());
}

Task Scheduler::Take(uint32_t place) {
  Task task = std::move(places_[place].task);
  places_[place].task = nullptr;
  places_[place].actor = nullptr;
  ++places_[place].generation;
  free_.push_back(place);
  return task;
}

void Scheduler::Cancel(TimerId id) {
  if (id == kNoTimer) return;
  const auto index = static_cast<uint32_t>(id) - 1;
  if (places_[index].generation == static_cast<uint32_t>(id >> 32)) Take(index);
}

void Scheduler::Resume(Actor* actor) {
  if (--actor->pauses_ > 0) return;
  // They run before tasks that were posted later.
  for (ScheduledTask& task : std::exchange(actor->held_, {})) {
    task.when = now_;
    Enqueue(task);
  }
}

bool Scheduler::RunNext(MonoTime end) {
  while (!heap_.empty() && heap_.front().when < end) {
    const ScheduledTask next = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    heap_.pop_back();
    const Place& place = places_[next.place];
    if (place.generation != next.generation) continue;
    now_ = next.when;
    if (Actor* actor = place.actor; actor != nullptr && actor->alive() && actor->paused()) {
      actor->held_.push_back(next);
      continue;
    }
    const bool runs = place.actor == nullptr || place.actor->alive();
    Task task = Take(next.place);
    if (!runs) continue;
    ++tasks_run_;
    std::move(task)();
    return true;
  }
  now_ = end;
  return false;
}

}  // namespace quorate::sim
