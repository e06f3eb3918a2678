// What happens when the disk fails. A failed write or sync is never retried, because the kernel may
// have dropped the pages that it could not write, and may report success the next time.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "base/check.h"

namespace quorate::storage {

// Called at most once for each failure, on the thread that detected it. In a real process it does
// not return. If it returns (in tests), the log is dead and answers every call with the error.
using FatalHandler = std::function<void(const absl::Status&)>;

// Returns the handler of a real process: it logs the status and ends the process.
inline FatalHandler DieOnFatal() {
  return [](const absl::Status& status) { LOG(FATAL) << status; };
}

}  // namespace quorate::storage
