// Brings requests from any thread to the controller's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/executor.h"
#include "controller/answer.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

class RequestInbox {
 public:
  // `executor` is the controller's loop. Both arguments must outlive the inbox.
  RequestInbox(Executor* executor, const raft::ReplicatedLog* log)
      : executor_(executor), log_(log) {}

  // Runs `work(reply)` on the loop, or replies RESOURCE_EXHAUSTED if the loop's queue is full.
  template <typename T, typename Work>
  void Post(Reply<T> reply, Work work) {
    // Shared, because a refused task is destroyed with everything that it holds.
    auto shared = std::make_shared<Reply<T>>(std::move(reply));
    const bool posted = executor_->TryPost(
        [shared, work = std::move(work)]() mutable { std::move(work)(std::move(*shared)); });
    if (posted) return;
    common::v1::Error error = MakeError(common::v1::RESOURCE_EXHAUSTED,
                                        "too many requests are waiting at this controller; retry");
    error.set_retry_after_ms(kFullRetryAfterMs);
    std::move (*shared)(std::move(error));
  }

  // As Post, but tries to run the work on the caller's thread if the loop and the log are idle. A
  // single request shares no write with others anyway, so this saves the switch of threads.
  template <typename T, typename Work>
  void Run(Reply<T> reply, Work work) {
    if (log_->is_idle() &&
        executor_->TryRun([&work, &reply] { std::move(work)(std::move(reply)); })) {
      return;
    }
    Post(std::move(reply), std::move(work));
  }

 private:
  static constexpr int64_t kFullRetryAfterMs = 50;

  Executor* const executor_;
  const raft::ReplicatedLog* const log_;
};

}  // namespace quorate::controller
