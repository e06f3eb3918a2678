// ProcessService: calls about this process itself, a controller or a broker. It has its own budget,
// so that load on other calls does not keep an operator out.
#pragma once

#include "base/budget.h"
#include "base/clock.h"
#include "base/executor.h"
#include "server/calls/method_service.h"
#include "server/calls/receive_queue.h"
#include "server/calls/send_watch.h"
#include "server/calls/unary_call.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

class ProcessService final : public MethodService {
 public:
  // For the first two arguments see ReceiveQueue and SendWatch. Must outlive the server's calls.
  ProcessService(Executor* executor, const Clock* clock, CollectMetrics collect_metrics);

 private:
  void ServeGetMetrics(UnaryCall* call) const;

  const CollectMetrics collect_metrics_;
  Budget budget_;
  ReceiveQueue receiving_;
  SendWatch sends_;
};

}  // namespace quorate::server
