// Makes a unary call that survives failovers: tries a list of endpoints in turn until one gives a
// final answer or the timeout passes, and records the answer of each. It knows no service, so it is
// separate from AdminClient and can make any call.
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
  // The endpoints, in the order in which they are tried; at least one. No other endpoint is
  // dialled, even if an answer names one.
  std::vector<HostPort> endpoints;
  // Secures the connections (BlockingConnection). Null: plain text.
  security::TlsStore* tls = nullptr;
  // Limits a call with all its attempts.
  Duration timeout = std::chrono::seconds(30);
  // Limits each attempt of the first round. If an attempt timed out in a round, each attempt of the
  // next round gets twice as long, up to the maximum. So the caller soon leaves a controller that
  // hangs, and a call that takes long still succeeds.
  Duration attempt_timeout = std::chrono::seconds(2);
  Duration max_attempt_timeout = std::chrono::seconds(30);
  // Limits connecting, within the time of the attempt.
  Duration connect_timeout = std::chrono::seconds(1);
  // The wait between two rounds. It doubles up to the maximum, and a random part of up to one half
  // is subtracted each time.
  Duration initial_backoff = std::chrono::milliseconds(10);
  Duration max_backoff = std::chrono::milliseconds(500);
};

// What is known about a failed call.
enum class FailureKind {
  kRefused,      // an endpoint gave a final answer, and nothing was changed
  kUnreachable,  // no endpoint could serve the call in time; nothing was changed
  kUnknown,      // the change may or may not have been made
};

// The result of the attempts at one endpoint.
struct EndpointAnswer {
  std::string endpoint;
  int attempts = 0;
  // The error of the last attempt that had its full time, or of the only one. Its code is
  // ERROR_CODE_UNSPECIFIED if there was no attempt.
  common::v1::Error last;
};

struct CallFailure {
  FailureKind kind = FailureKind::kRefused;
  // The error that ended the call. After a timeout, the error of the last attempt.
  common::v1::Error error;
  // The time from the start of the call to its last failure.
  Duration elapsed = Duration::zero();
  // One per endpoint, in the order of the options.
  std::vector<EndpointAnswer> answers;

  // Returns a readable text: one line for a refusal; after a timeout also a line for each endpoint.
  std::string ToString() const;
};

template <typename Response>
using CallResult = std::variant<Response, CallFailure>;

// Whether the call may change something. Only then can its outcome be unknown.
enum class CallKind { kRead, kWrite };

// Returns whether another attempt may succeed. REQUIRES: a mutating call carries a request id or
// states the desired result, so that it is safe to repeat if its outcome is unknown.
bool IsRetryable(const common::v1::Error& error);

// Not thread-safe. Its calls block.
class FailoverCaller {
 public:
  explicit FailoverCaller(CallerOptions options);

  // Makes the call. Returns nullopt on success. Begins at the endpoint that gave the last final
  // answer.
  std::optional<CallFailure> Call(CallKind kind, Attempt attempt);

  const CallerOptions& options() const { return options_; }

 private:
  Duration Jittered(Duration backoff);

  const CallerOptions options_;
  Rng rng_;
  // One per endpoint.
  std::vector<BlockingConnection> connections_;
  size_t current_ = 0;
};

}  // namespace quorate::client
