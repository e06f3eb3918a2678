// What callers of the active controller need to know about the broker's session with it.
#pragma once

#include <cstdint>
#include <string>

namespace quorate::broker {

struct ActiveSession {
  // The active controller's client endpoint.
  std::string endpoint;
  // The broker epoch of the registration that the session belongs to.
  int64_t broker_epoch = -1;
  // The epoch in which the controller leads.
  int32_t controller_epoch = 0;
};

}  // namespace quorate::broker
