// The explanation of data loss that a node logs, and that the tools print when they look at its
// disk.
#pragma once

#include "absl/status/status.h"
#include "storage/data_directory.h"

namespace quorate::storage {

// Returns `found`. If it is DATA_LOSS, adds the consequences and the remedy to its message.
absl::Status ExplainLoss(const DataDirectory& directory, const absl::Status& found);

}  // namespace quorate::storage
