// The operations that this node's controller executes by itself, as methods of the router, for all
// front ends. QuorumChanges has the others.
#pragma once

#include "controller/quorum_controller.h"
#include "server/node/cluster_queries.h"
#include "server/node/request_router.h"

namespace quorate::server {

class OperationMethods {
 public:
  // Registers the operations with the router, before its first call. All arguments must outlive
  // the router's calls.
  OperationMethods(RequestRouter* router, controller::QuorumController* controller,
                   ClusterQueries* queries);
};

}  // namespace quorate::server
