// What callers of the active controller need to know of the broker's session with it.
#pragma once

#include <cstdint>
#include <string>

namespace quorate::broker {

struct ActiveSession {
  // The active controller's client endpoint.
  std::string endpoint;
  // The registration that the session is for.
  int64_t broker_epoch = -1;
  // The epoch that the controller leads.
  int32_t controller_epoch = 0;
};

}  // namespace quorate::broker
