// What a node that has lost something is told, by itself and by the tools that look at its disk.
#pragma once

#include "absl/status/status.h"
#include "storage/data_directory.h"

namespace quorate::storage {

// `found`, if it is DATA_LOSS, with what follows from it and what can be done; else `found`.
absl::Status ExplainLoss(const DataDirectory& directory, const absl::Status& found);

}  // namespace quorate::storage
