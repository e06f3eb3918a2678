// Limits how many subscriptions catch up at the same time. Each of them sends as fast as the
// network allows, and the streams between controllers share gRPC's threads with them. Without a
// limit, thousands of subscriptions that begin at once would delay the controllers' heartbeats.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace quorate::server {

// Not thread-safe: used on one loop.
class CatchUpSlots {
 public:
  // Called when a waiting subscription gets its slot. Returns false if it no longer needs one; then
  // the slot goes to the next.
  using SlotCallback = std::function<bool()>;

  explicit CatchUpSlots(size_t count) : free_(count) {}

  // Takes a slot if one is free and no subscription waits. Returns whether it took one.
  bool TryTake() {
    if (free_ == 0 || !waiting_.empty()) return false;
    --free_;
    return true;
  }

  // Queues `on_slot`, which a later Release calls.
  void Wait(SlotCallback on_slot) { waiting_.push_back(std::move(on_slot)); }

  // Gives a slot back, and passes free slots on to waiting subscriptions.
  void Release() {
    ++free_;
    while (free_ > 0 && !waiting_.empty()) {
      const SlotCallback on_slot = std::move(waiting_.front());
      waiting_.pop_front();
      --free_;
      if (!on_slot()) ++free_;
    }
  }

 private:
  size_t free_;
  std::deque<SlotCallback> waiting_;
};

}  // namespace quorate::server
