// Counts what the router does with requests (request_router.h).
#pragma once

#include "base/instruments.h"

namespace quorate::server {

struct RouterInstruments {
  // Attempts that were sent to another controller.
  Counter forwarded;
  // Requests that another controller forwarded to this one.
  Counter received;
  // Attempts after the first one of their request.
  Counter repeated;
  // How often a request was parked: until an active controller is known, or for a pause before the
  // next attempt.
  Counter parked;
  // Requests that were refused because too many were queued or parked.
  Counter refused;
};

}  // namespace quorate::server
