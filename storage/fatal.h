// What happens when the disk fails: a failed write or sync is never retried, because the kernel may
// have dropped the pages that it could not write and report success the next time.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "base/check.h"

namespace quorate::storage {

// Called at most once for each failure, on the thread that met it. In a real process it does not
// return; where it does (in tests), the log is dead and answers everything with the error.
using FatalHandler = std::function<void(const absl::Status&)>;

inline FatalHandler DieOnFatal() {
  return [](const absl::Status& status) { LOG(FATAL) << status; };
}

}  // namespace quorate::storage
