// Paces the calls of one kind to the active controller. At most one call is in flight, and none
// without a session. After a failure, a growing pause follows. Changes collect meanwhile, so that
// one call reports them all.
#pragma once

#include <optional>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "broker/active_session.h"
#include "broker/backoff.h"

namespace quorate::broker {

// Used on the broker's loop only.
class CallPacer {
 public:
  // Starts a call if there is something to send, and returns whether it did. If it did, OnDone must
  // follow.
  using Send = absl::AnyInvocable<bool(const ActiveSession&)>;

  // All arguments must outlive the pacer.
  CallPacer(Executor* executor, const Clock* clock, Rng* rng, Send send);
  ~CallPacer();

  // Takes the new session, or nullopt if there is none. A new session ends the pause.
  void OnSession(const std::optional<ActiveSession>& session);

  // There may be something to send. Calls `send` at once, or as soon as a call is possible.
  void Wake();

  // The call in flight has ended. The next one may start, after a pause if this one failed.
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
