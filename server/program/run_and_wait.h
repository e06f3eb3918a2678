// Waits for an asynchronous step when a process stops.
#pragma once

#include <future>
#include <memory>

#include "base/time.h"

namespace quorate::server {

// Calls `start(done)` and waits for up to `timeout` until `done` is called, on any thread. Returns
// whether it was.
template <typename Start>
bool RunAndWait(Duration timeout, Start start) {
  auto done = std::make_shared<std::promise<void>>();
  std::future<void> finished = done->get_future();
  start([done] { done->set_value(); });
  return finished.wait_for(timeout) == std::future_status::ready;
}

}  // namespace quorate::server
