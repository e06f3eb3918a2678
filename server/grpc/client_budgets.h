// The budgets and queues of the client listener, one budget for each kind of call (limits.h).
#pragma once

#include "base/budget.h"
#include "server/calls/receive_queue.h"
#include "server/calls/send_watch.h"
#include "server/node/limits.h"

namespace quorate::server {

struct ClientBudgets {
  // The arguments must meet the requirements of ReceiveQueue and SendWatch. The budgets must
  // outlive the server's calls.
  ClientBudgets(Executor* executor, const Clock* clock)
      : receiving({.max_receiving = kMaxReceivingClients,
                   .max_of_connection = kMaxReceivingOfClient,
                   .max_time = kMaxReceiveTime},
                  executor, clock),
        sends(kMaxSendTime, executor, clock) {}

  // Calls `fn(name, budget)` for each budget. The names are for metrics.
  template <typename Fn>
  void ForEachBudget(Fn fn) const {
    fn("client_writes", client_writes);
    fn("client_reads", client_reads);
    fn("large_reads", large_reads);
    fn("quorum_changes", quorum_changes);
    fn("broker_calls", broker_calls);
    fn("heartbeat_streams", heartbeat_streams);
    fn("subscriptions", subscriptions);
    fn("event_streams", event_streams);
    fn("audit_reads", audit_reads);
  }

  Budget client_writes{kClientWrites};
  Budget client_reads{kClientReads};
  Budget large_reads{kLargeReads};
  Budget quorum_changes{kQuorumChanges};
  Budget broker_calls{kBrokerCalls};
  Budget heartbeat_streams{kHeartbeatStreams};
  Budget subscriptions{kSubscriptions};
  Budget event_streams{kEventStreams};
  Budget audit_reads{kAuditReads};
  ReceiveQueue receiving;
  SendWatch sends;
};

}  // namespace quorate::server
