// ProcessService: calls about this process itself, a controller or a broker. It has its own budget,
// so that load on other calls does not keep an operator out.
#pragma once

#include "audit/audit_log.h"
#include "base/budget.h"
#include "base/clock.h"
#include "base/executor.h"
#include "server/calls/method_service.h"
#include "server/calls/receive_queue.h"
#include "server/calls/send_watch.h"
#include "server/calls/unary_call.h"
#include "server/metrics/metrics_page.h"
#include "server/security/access_control.h"

namespace quorate::server {

class ProcessService final : public MethodService {
 public:
  // For the first two arguments see ReceiveQueue and SendWatch. `access` knows the callers. Changes
  // are recorded in `audit_log`, or nowhere if it is null, as in a broker. Everything must outlive
  // the server's calls.
  ProcessService(Executor* executor, const Clock* clock, AccessControl* access,
                 audit::AuditLog* audit_log, CollectMetrics collect_metrics);

 private:
  void ServeGetMetrics(UnaryCall* call) const;

  const CollectMetrics collect_metrics_;
  Budget budget_;
  ReceiveQueue receiving_;
  SendWatch sends_;
};

}  // namespace quorate::server
