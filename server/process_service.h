// ProcessService: what is asked of this process, controller or broker, about itself. Its calls have
// room of their own, so that no load keeps an operator from asking.
#pragma once

#include "base/budget.h"
#include "base/clock.h"
#include "base/executor.h"
#include "server/method_service.h"
#include "server/receive_queue.h"
#include "server/send_watch.h"

namespace quorate::server {

class ProcessService final : public MethodService {
 public:
  // As ReceiveQueue and SendWatch. Outlives the server's calls.
  ProcessService(Executor* executor, const Clock* clock);

 private:
  Budget room_;
  ReceiveQueue receiving_;
  SendWatch sends_;
};

}  // namespace quorate::server
