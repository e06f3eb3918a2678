// Paces the calls of one kind to the active controller: one in flight, none without a session, and
// after a failure a growing pause. What is to be said piles up meanwhile, so that one call says it.
#pragma once

#include <optional>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "broker/active_session.h"
#include "broker/backoff.h"

namespace quorate::broker {

// Broker loop only.
class CallPacer {
 public:
  // Starts a call if there is anything to say, and returns whether it did: then OnDone follows.
  using Send = absl::AnyInvocable<bool(const ActiveSession&)>;

  // Everything must outlive the pacer.
  CallPacer(Executor* executor, const Clock* clock, Rng* rng, Send send);
  ~CallPacer();

  // With a session, there is no pause left.
  void OnSession(const std::optional<ActiveSession>& session);

  // There may be something to say: calls `send` at once, or when that becomes possible.
  void Wake();

  // The call in flight has ended, and the next one may go; if it did not get through, after a
  // pause.
  void OnDone(bool succeeded);

 private:
  Executor* const executor_;
  const Clock* const clock_;
  Send send_;
  Backoff backoff_;
  std::optional<ActiveSession> session_;
  bool in_flight_ = false;
  // Set while pausing.
  TimerId pause_timer_ = kNoTimer;
};

}  // namespace quorate::broker
