// What the active controller refuses although the request may be valid.
#pragma once

#include "base/instruments.h"

namespace quorate::controller {

// Any thread may read it.
struct AdmissionMetrics {
  // Requests that were refused because too many bytes of the log are not committed.
  Counter log_full;
  // Requests that were refused because the disk is nearly full.
  Counter disk_full;
  // Requests that were refused because their principal has used up its quota of partitions.
  Counter throttled;
};

}  // namespace quorate::controller
