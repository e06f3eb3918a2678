// Named places in storage/, server/ and broker/ that a test can make abort, fail or be slow:
//
//   quorate-controller --failpoints storage.after_write=abort,raft.append=delay:50ms
//
// Actions: `abort` (the process ends as by kill -9), `error` (Status INTERNAL), `delay:<n>ms`; with
// `@<n>` behind it, it first acts the n-th time the place is passed
// (`storage.after_write=abort@3`). Inert unless configured: one relaxed load of an atomic.
#pragma once

#include <atomic>
#include <string_view>

#include "absl/status/status.h"

namespace quorate {

namespace failpoint_internal {
extern std::atomic<bool> any_configured;
absl::Status Evaluate(std::string_view name);
}  // namespace failpoint_internal

// Arms the failpoints of `spec`, "NAME=ACTION[,NAME=ACTION…]", and logs a warning for each.
// INVALID_ARGUMENT names what does not parse; nothing is armed then. Call once, before threads.
absl::Status ConfigureFailpoints(std::string_view spec);

// Passes the place `name`. OK unless the action is `error`.
inline absl::Status Failpoint(std::string_view name) {
  if (!failpoint_internal::any_configured.load(std::memory_order_relaxed)) return absl::OkStatus();
  return failpoint_internal::Evaluate(name);
}

}  // namespace quorate
