// Collects the facts that a diagnosis needs (diagnosis.h).
#pragma once

#include "cli/diagnosis.h"
#include "cli/session.h"

namespace quorate::cli {

// Asks the processes that --bootstrap names, in parallel, and then the cluster. Blocks for up to
// the timeout of the session. What did not answer is missing in the result.
ClusterFacts CollectFacts(const Session& session);

}  // namespace quorate::cli
