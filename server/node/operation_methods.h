// Registers with the router the operations that this node's controller executes by itself, for all
// front ends. QuorumChanges registers the others.
#pragma once

#include "controller/quorum_controller.h"
#include "server/node/cluster_queries.h"
#include "server/node/request_router.h"

namespace quorate::server {

// Call before the router's first call. All arguments must outlive the router's calls.
void RegisterOperations(RequestRouter* router, controller::QuorumController* controller,
                        ClusterQueries* queries);

}  // namespace quorate::server
