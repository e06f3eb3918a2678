// Asks for something until it is done or --timeout is over, and tells meanwhile what holds it up:
// for what takes as long as it takes, and goes on through failovers.
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

// Not thread-safe. Blocks.
class Insistence {
 public:
  // The session's --timeout begins.
  explicit Insistence(Session& session)
      : session_(session),
        start_(SystemClock().Now()),
        deadline_(start_ + session.settings().timeout) {}

  bool expired() const { return SystemClock().Now() >= deadline_; }
  Duration elapsed() const { return SystemClock().Now() - start_; }

  // A line of standard error where it differs from the last one; nothing where JSON is asked for.
  void Tell(const std::string& waiting) {
    if (session_.json() || waiting == told_) return;
    session_.err() << "waiting: " << waiting << std::endl;
    told_ = waiting;
  }

  // `call(client)` again and again, while its failure is one that may pass: it must be safe to
  // repeat.
  template <typename Response, typename Call>
  client::CallResult<Response> Insist(Call call) {
    bool maybe_changed = false;
    while (true) {
      client::CallerOptions options = session_.caller_options();
      options.timeout = std::clamp<Duration>(deadline_ - SystemClock().Now(), kLeastRound, kRound);
      options.attempt_timeout = kAttempt;
      client::AdminClient client(std::move(options));
      client::CallResult<Response> result = call(client);
      auto* failure = std::get_if<client::CallFailure>(&result);
      if (failure == nullptr) return result;
      maybe_changed |= failure->kind == client::FailureKind::kUnknown;
      if (maybe_changed) failure->kind = client::FailureKind::kUnknown;
      failure->elapsed = elapsed();
      if (expired() || !client::IsRetryable(failure->error)) return result;
      Tell(ReasonOf(*failure));
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  // What one of them said that it waited for; the last one may not have had the time to say it.
  static const std::string& ReasonOf(const client::CallFailure& failure) {
    for (const client::EndpointAnswer& answer : failure.answers) {
      const bool tells = answer.last.code() == common::v1::REQUEST_TIMED_OUT &&
                         answer.last.outcome() == common::v1::REFUSED;
      if (tells) return answer.last.message();
    }
    return failure.error.message();
  }

  // What a controller waits for is told when an attempt's time is over.
  static constexpr Duration kAttempt = std::chrono::seconds(1);
  static constexpr Duration kRound = std::chrono::seconds(2);
  static constexpr Duration kPause = std::chrono::milliseconds(100);
  static constexpr Duration kLeastRound = std::chrono::milliseconds(50);

  Session& session_;
  const MonoTime start_;
  const MonoTime deadline_;
  std::string told_;
};

}  // namespace quorate::cli
