// Makes reassignments at a limited pace, and waits until they are complete.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/reassignment_file.h"
#include "cli/session.h"

namespace quorate::cli {

// Gives the partitions these replicas. At most `max_moves_per_broker` replicas move to or from one
// broker at once, and the moves of other reassignments count, too. Partitions that have these
// replicas already are left alone, so an interrupted run goes on if it is repeated. Shows the
// progress. Returns kRefused if a partition did not get its replicas, or if the user interrupted
// the command. Blocks.
ExitCode RunReassignments(Session& session, const std::vector<PartitionReplicas>& wanted,
                          int64_t max_moves_per_broker);

}  // namespace quorate::cli
