// Waits for asynchronous steps, on a thread that may block.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "base/time.h"

namespace quorate::server {

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

// As above, for a step that has no value. Calls `start(done)`, where `done` takes no argument.
// Returns whether it was called in time.
template <typename Start>
bool RunAndWait(Duration timeout, Start start) {
  return RunAndGet<bool>(timeout, [&start](auto done) { start([done] { done(true); }); })
      .has_value();
}

}  // namespace quorate::server
