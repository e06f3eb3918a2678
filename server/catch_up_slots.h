// How many subscriptions catch up at the same time. Each of them sends as much as the network
// takes, and gRPC's threads are shared with the streams between controllers: thousands of
// subscriptions that begin at once would keep heartbeats waiting.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace quorate::server {

// On one loop.
class CatchUpSlots {
 public:
  // Takes the slot that it waited for; false: it needs none any longer.
  using Take = std::function<bool()>;

  explicit CatchUpSlots(size_t count) : free_(count) {}

  // Takes a slot if one is free and none waits.
  bool TryTake() {
    if (free_ == 0 || !waiting_.empty()) return false;
    --free_;
    return true;
  }

  // Calls `take` when it is its turn, from within Release.
  void Wait(Take take) { waiting_.push_back(std::move(take)); }

  void Release() {
    ++free_;
    while (free_ > 0 && !waiting_.empty()) {
      const Take take = std::move(waiting_.front());
      waiting_.pop_front();
      --free_;
      if (!take()) ++free_;
    }
  }

 private:
  size_t free_;
  std::deque<Take> waiting_;
};

}  // namespace quorate::server
