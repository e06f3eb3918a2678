#include "controller/parked_requests.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace quorate::controller {
namespace {

constexpr int64_t kRetryAfterMs = 100;

}  // namespace

void ParkedRequests::Park(PendingRequest request) {
  if (request.stream == 0 && counted_ >= capacity_) {
    common::v1::Error error = MakeError(common::v1::RESOURCE_EXHAUSTED,
                                        "too many requests are waiting to be decided; retry");
    error.set_retry_after_ms(kRetryAfterMs);
    std::move(request.proceed)(std::move(error));
    return;
  }
  if (request.stream == 0) ++counted_;
  next_deadline_ = std::min(next_deadline_, request.deadline);
  parked_.push_back(std::move(request));
}

PendingRequest ParkedRequests::TakeFirst() {
  PendingRequest first = std::move(parked_.front());
  parked_.pop_front();
  if (first.stream == 0) --counted_;
  return first;
}

std::deque<PendingRequest> ParkedRequests::TakeAll() {
  counted_ = 0;
  next_deadline_ = kNever;
  return std::exchange(parked_, {});
}

void ParkedRequests::FailAll(const common::v1::Error& error) {
  for (PendingRequest& request : TakeAll()) std::move(request.proceed)(error);
}

void ParkedRequests::Expire(MonoTime now) {
  if (now < next_deadline_) return;
  const common::v1::Error error = MakeError(common::v1::REQUEST_TIMED_OUT,
                                            "the deadline passed before the request was decided");
  for (PendingRequest& request : TakeAll()) {
    if (request.deadline <= now) {
      std::move(request.proceed)(error);
    } else {
      Park(std::move(request));
    }
  }
}

void ParkedRequests::DropStream(StreamId stream) {
  const auto end = std::stable_partition(
      parked_.begin(), parked_.end(),
      [stream](const PendingRequest& request) { return request.stream != stream; });
  std::vector<PendingRequest> dropped(std::make_move_iterator(end),
                                      std::make_move_iterator(parked_.end()));
  parked_.erase(end, parked_.end());
  for (PendingRequest& request : dropped) {
    std::move(request.proceed)(
        MakeError(common::v1::INVALID_REQUEST, "the heartbeat stream has ended"));
  }
}

}  // namespace quorate::controller
