// How long before a caller gives up it is answered: whoever acts for it, this controller's edge or
// the one that a request was forwarded to, must say in time what it waited for.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace quorate::server {

// What is left of `timeout` to do the work in: a twentieth of it, at most 50 ms, is for the answer.
inline Duration LessReplyMargin(Duration timeout) {
  constexpr Duration kMax = std::chrono::milliseconds(50);
  return timeout - std::min(timeout / 20, kMax);
}

}  // namespace quorate::server
