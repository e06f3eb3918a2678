// Named places in storage/, server/ and broker/ where a test can make the process abort, fail or be
// slow:
//
//   quorate-controller --failpoints storage.after_write=abort,raft.append=delay:50ms
//
// Actions: `abort` (ends the process as kill -9 does), `error` (returns INTERNAL), `delay:<n>ms`
// (sleeps). With `@<n>` appended, the action starts with the n-th time that the place is passed
// (`storage.after_write=abort@3`). Without configuration, a failpoint costs one relaxed atomic
// load.
#pragma once

#include <atomic>
#include <string_view>

#include "absl/status/status.h"

namespace quorate {

namespace failpoint_internal {
extern std::atomic<bool> any_configured;
absl::Status Evaluate(std::string_view name);
}  // namespace failpoint_internal

// Arms the failpoints of `spec`, "NAME=ACTION[,NAME=ACTION…]", and logs a warning for each. Returns
// INVALID_ARGUMENT, which names what does not parse, and then arms none. Call once, before other
// threads are started.
absl::Status ConfigureFailpoints(std::string_view spec);

// Passes the place `name`. Returns OK unless the action is `error`.
inline absl::Status Failpoint(std::string_view name) {
  if (!failpoint_internal::any_configured.load(std::memory_order_relaxed)) return absl::OkStatus();
  return failpoint_internal::Evaluate(name);
}

}  // namespace quorate
