// Cancels reassignments that are in progress.
#pragma once

#include <vector>

#include "cli/reassignment_file.h"
#include "cli/session.h"

namespace quorate::cli {

// Cancels those of these partitions, or all if `partitions` is null.
ExitCode CancelReassignments(Session& session, const std::vector<PartitionReplicas>* partitions);

}  // namespace quorate::cli
