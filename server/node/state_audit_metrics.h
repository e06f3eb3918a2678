// How often a controller compared its state with that of the others (state_auditor.h).
#pragma once

#include "base/instruments.h"

namespace quorate::server {

// Any thread may read it.
struct StateAuditMetrics {
  Counter same;
  // Whichever controller is wrong.
  Counter different;
};

}  // namespace quorate::server
