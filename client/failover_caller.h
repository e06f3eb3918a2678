// Makes a call succeed through a failover: goes round a list of endpoints until one answers for
// good or time is up, and remembers who said what. Apart from AdminClient because it knows no
// service: any unary call can be made through it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/host_port.h"
#include "base/random.h"
#include "client/blocking_connection.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::client {

struct CallerOptions {
  // Tried in this order; no other is ever dialled, whatever an answer names. At least one.
  std::vector<HostPort> endpoints;
  // For a call with all its attempts.
  Duration timeout = std::chrono::seconds(30);
  // For the first attempts of a call. When a round of all endpoints has had a time-out in it the
  // next round gets twice as long, up to the maximum: a controller that hangs is left soon, and a
  // call that takes long is made in the end.
  Duration attempt_timeout = std::chrono::seconds(2);
  Duration max_attempt_timeout = std::chrono::seconds(30);
  // For a connection to be made; within the attempt's time.
  Duration connect_timeout = std::chrono::seconds(1);
  // Between two rounds: doubles up to the maximum, each time less a random part of up to a half.
  Duration initial_backoff = std::chrono::milliseconds(10);
  Duration max_backoff = std::chrono::milliseconds(500);
};

// What can be said of a call that failed.
enum class FailureKind {
  kRefused,      // an endpoint answered for good, and nothing was changed
  kUnreachable,  // time is up, and no endpoint could serve the call; nothing was changed
  kUnknown,      // the change may or may not have been made
};

// What became of the attempts at one endpoint.
struct EndpointAnswer {
  std::string endpoint;
  int attempts = 0;
  // The last attempt's; its code is ERROR_CODE_UNSPECIFIED if there was none.
  common::v1::Error last;
};

struct CallFailure {
  FailureKind kind = FailureKind::kRefused;
  // What ended the call; when time was up, the last attempt's error.
  common::v1::Error error;
  // How long it was tried.
  Duration elapsed = Duration::zero();
  // For each endpoint in the order of the options.
  std::vector<EndpointAnswer> answers;

  // For people. A refusal is one line; a give-up has a line for each endpoint too.
  std::string ToString() const;
};

template <typename Response>
using CallResult = std::variant<Response, CallFailure>;

// Whether the call changes anything: only then can its outcome be unknown.
enum class CallKind { kRead, kWrite };

// Whether another attempt may succeed. REQUIRES: a call that changes something carries a request id
// or names what is to be, which makes it safe to repeat one whose outcome is unknown.
bool IsRetryable(const common::v1::Error& error);

// Not thread-safe. Blocks.
class FailoverCaller {
 public:
  explicit FailoverCaller(CallerOptions options);

  // Nothing on success. Begins at the endpoint that last answered for good.
  std::optional<CallFailure> Call(CallKind kind, Attempt attempt);

  const CallerOptions& options() const { return options_; }

 private:
  Duration Jittered(Duration backoff);

  const CallerOptions options_;
  Rng rng_;
  // One for each endpoint.
  std::vector<BlockingConnection> connections_;
  size_t current_ = 0;
};

}  // namespace quorate::client
