// Waits for asynchronous steps, on a thread that may block.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>

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

// Calls `start(done)` and waits for up to `timeout` until `done(value)` is called, on any thread.
// Returns the value, or nullopt if it does not come in time.
template <typename T, typename Start>
std::optional<T> RunAndGet(Duration timeout, Start start) {
  auto done = std::make_shared<std::promise<T>>();
  std::future<T> value = done->get_future();
  start([done](T result) { done->set_value(std::move(result)); });
  if (value.wait_for(timeout) != std::future_status::ready) return std::nullopt;
  return value.get();
}

}  // namespace quorate::server
