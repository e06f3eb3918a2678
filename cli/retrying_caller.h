// Repeats a request until it succeeds or --timeout has passed, and prints what it waits for. It
// serves requests that may take long and must survive failovers.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "cli/session.h"
#include "client/admin_client.h"

namespace quorate::cli {

// Runs the calls of one command under one --timeout. Not thread-safe. Its calls block.
class RetryingCaller {
 public:
  // Starts the session's --timeout. The session must outlive this object.
  explicit RetryingCaller(Session& session)
      : session_(session),
        start_(SystemClock().Now()),
        deadline_(start_ + session.settings().timeout) {}

  bool expired() const { return SystemClock().Now() >= deadline_; }
  Duration elapsed() const { return SystemClock().Now() - start_; }

  // Prints a line to standard error if it differs from the last one. Prints nothing with --output
  // json.
  void PrintWaiting(const std::string& waiting) {
    if (session_.json() || waiting == printed_) return;
    session_.err() << "waiting: " << waiting << std::endl;
    printed_ = waiting;
  }

  // Repeats `make_call(client)` as long as it fails with a retryable error. The call must be safe
  // to repeat. If an attempt may have changed something, the returned failure is of kind kUnknown.
  template <typename Response, typename MakeCall>
  client::CallResult<Response> Call(MakeCall make_call) {
    bool maybe_changed = false;
    while (true) {
      client::CallerOptions options = session_.caller_options();
      options.timeout = std::clamp<Duration>(deadline_ - SystemClock().Now(), kLeastRound, kRound);
      options.attempt_timeout = kAttempt;
      client::AdminClient client(std::move(options));
      client::CallResult<Response> result = make_call(client);
      auto* failure = std::get_if<client::CallFailure>(&result);
      if (failure == nullptr) return result;
      maybe_changed |= failure->kind == client::FailureKind::kUnknown;
      if (maybe_changed) failure->kind = client::FailureKind::kUnknown;
      failure->elapsed = elapsed();
      if (expired() || !client::IsRetryable(failure->error)) return result;
      PrintWaiting(ReasonOf(*failure));
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  // Returns the reason for which a controller waited, if one was reported. The last controller may
  // have been cut off before it could report one.
  static const std::string& ReasonOf(const client::CallFailure& failure) {
    for (const client::EndpointAnswer& answer : failure.answers) {
      const bool tells = answer.last.code() == common::v1::REQUEST_TIMED_OUT &&
                         answer.last.outcome() == common::v1::REFUSED;
      if (tells) return answer.last.message();
    }
    return failure.error.message();
  }

  // A controller reports what it waits for when the attempt times out.
  static constexpr Duration kAttempt = std::chrono::seconds(1);
  static constexpr Duration kRound = std::chrono::seconds(2);
  static constexpr Duration kPause = std::chrono::milliseconds(100);
  static constexpr Duration kLeastRound = std::chrono::milliseconds(50);

  Session& session_;
  const MonoTime start_;
  const MonoTime deadline_;
  std::string printed_;
};

}  // namespace quorate::cli
