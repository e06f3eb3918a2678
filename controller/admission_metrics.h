// What the active controller refuses because its log has no room.
#pragma once

#include "base/instruments.h"

namespace quorate::controller {

// Any thread may read it.
struct AdmissionMetrics {
  // Requests that were refused because too many bytes of the log are not committed.
  Counter log_full;
  // Requests that were refused because the disk is nearly full.
  Counter disk_full;
};

}  // namespace quorate::controller
