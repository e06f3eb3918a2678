#include "broker/call_pacer.h"

#include <utility>

#include "base/check.h"

namespace quorate::broker {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kMaxPause = std::chrono::seconds(1);

}  // namespace

CallPacer::CallPacer(Executor* executor, const Clock* clock, Rng* rng, Send send)
    : executor_(executor),
      clock_(clock),
      send_(std::move(send)),
      backoff_(kFirstPause, kMaxPause, rng) {}

CallPacer::~CallPacer() { executor_->CancelTimer(pause_timer_); }

void CallPacer::OnSession(const std::optional<ActiveSession>& session) {
  session_ = session;
  if (!session_) return;
  backoff_.Reset();
  executor_->CancelTimer(pause_timer_);
  pause_timer_ = kNoTimer;
  Wake();
}

void CallPacer::Wake() {
  if (in_flight_ || !session_ || pause_timer_ != kNoTimer) return;
  in_flight_ = send_(*session_);
}

void CallPacer::OnDone(bool succeeded) {
  CHECK(in_flight_);
  in_flight_ = false;
  if (succeeded) {
    backoff_.Reset();
    Wake();
    return;
  }
  pause_timer_ = executor_->PostAt(clock_->Now() + backoff_.Next(), [this] {
    pause_timer_ = kNoTimer;
    Wake();
  });
}

}  // namespace quorate::broker
