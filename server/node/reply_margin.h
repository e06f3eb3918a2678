// Reserves time for the answer before a caller's deadline. The node that works for the caller, this
// controller's edge or the controller that a request was forwarded to, must stop waiting early
// enough to say what it waited for.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace quorate::server {

// Returns the part of `timeout` in which the work may be done. A twentieth of `timeout`, at most 50
// ms, is left for the answer.
inline Duration LessReplyMargin(Duration timeout) {
  constexpr Duration kMax = std::chrono::milliseconds(50);
  return timeout - std::min(timeout / 20, kMax);
}

}  // namespace quorate::server
