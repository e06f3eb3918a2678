#include "controller/deferred_replies.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace quorate::controller {

void DeferredReplies::Add(RecordOffset end_offset, Waiting waiting) {
  next_deadline_ = std::min(next_deadline_, waiting.deadline);
  waiting_.emplace(end_offset, std::move(waiting));
}

void DeferredReplies::Release(RecordOffset end_offset) {
  while (!waiting_.empty() && waiting_.begin()->first <= end_offset) {
    auto node = waiting_.extract(waiting_.begin());
    std::move(node.mapped().done)(std::nullopt);
  }
}

void DeferredReplies::Expire(MonoTime now) {
  if (now < next_deadline_) return;
  std::vector<Waiting> expired;
  next_deadline_ = kNever;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.deadline <= now) {
      expired.push_back(std::move(it->second));
      it = waiting_.erase(it);
    } else {
      next_deadline_ = std::min(next_deadline_, it->second.deadline);
      ++it;
    }
  }
  for (Waiting& waiting : expired) {
    std::move(waiting.done)(MakeError(common::v1::REQUEST_TIMED_OUT,
                                      "the deadline passed before a majority confirmed the answer",
                                      waiting.outcome));
  }
}

void DeferredReplies::FailAll(const common::v1::Error& error) {
  next_deadline_ = kNever;
  for (auto& [end_offset, waiting] : std::exchange(waiting_, {})) {
    common::v1::Error own = error;
    own.set_outcome(waiting.outcome);
    if (waiting.outcome == common::v1::UNKNOWN) {
      own.set_message(own.message() +
                      "; the change was proposed and may still be committed: retry with the same "
                      "request id, or check whether it was made");
    }
    std::move(waiting.done)(std::move(own));
  }
}

}  // namespace quorate::controller
