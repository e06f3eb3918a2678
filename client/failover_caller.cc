#include "client/failover_caller.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "client/status_mapping.h"

namespace quorate::client {
namespace {

using common::v1::Error;

// The minimum time for another attempt.
constexpr Duration kLeastAttempt = std::chrono::milliseconds(5);

MonoTime Now() { return SystemClock().Now(); }

FailureKind KindOfAnswer(CallKind call, const Error& error) {
  const bool unknown = call == CallKind::kWrite && error.outcome() != common::v1::REFUSED;
  return unknown ? FailureKind::kUnknown : FailureKind::kRefused;
}

FailureKind KindOfGivingUp(bool maybe_changed, const Error& last) {
  if (maybe_changed) return FailureKind::kUnknown;
  // A controller that answers "retry later" has refused the call. It was not unreachable.
  return last.code() == common::v1::RESOURCE_EXHAUSTED ||
                 last.code() == common::v1::THROTTLING_QUOTA_EXCEEDED
             ? FailureKind::kRefused
             : FailureKind::kUnreachable;
}

}  // namespace

bool IsRetryable(const Error& error) {
  switch (error.code()) {
    case common::v1::NOT_CONTROLLER:
    case common::v1::CONTROLLER_NOT_AVAILABLE:
    case common::v1::RESOURCE_EXHAUSTED:
    case common::v1::THROTTLING_QUOTA_EXCEEDED:
    case common::v1::REQUEST_TIMED_OUT:
      return true;
    case common::v1::REQUEST_ID_EVICTED:
      // The controllers have forgotten the result, so a retry cannot return it.
      return false;
    default:
      return error.outcome() == common::v1::UNKNOWN;
  }
}

std::string CallFailure::ToString() const {
  const bool answered_for_good = !IsRetryable(error);
  if (answered_for_good) {
    return absl::StrFormat("%s: %s", common::v1::ErrorCode_Name(error.code()), error.message());
  }
  // A controller may ask for more time than is left.
  std::string text = absl::StrFormat(
      "%s after %.1f s; %s:", kind == FailureKind::kRefused ? "gave up" : "timed out",
      static_cast<double>(ToMs(elapsed)) / 1000,
      kind == FailureKind::kUnknown ? "the change may or may not have been made"
                                    : "nothing was changed");
  for (const EndpointAnswer& answer : answers) {
    absl::StrAppendFormat(&text, "\n  %s: ", answer.endpoint);
    if (answer.attempts == 0) {
      text += "not tried";
    } else {
      absl::StrAppendFormat(&text, "%s: %s (%d attempt%s)",
                            common::v1::ErrorCode_Name(answer.last.code()), answer.last.message(),
                            answer.attempts, answer.attempts == 1 ? "" : "s");
    }
  }
  return text;
}

FailoverCaller::FailoverCaller(CallerOptions options)
    : options_(std::move(options)), rng_(Rng::SystemSeed()) {
  CHECK(!options_.endpoints.empty());
  for (const HostPort& endpoint : options_.endpoints) {
    connections_.emplace_back(endpoint, options_.tls);
  }
}

std::optional<CallFailure> FailoverCaller::Call(CallKind kind, Attempt attempt) {
  const MonoTime start = Now();
  const MonoTime deadline = start + options_.timeout;
  Duration attempt_timeout = options_.attempt_timeout;
  Duration backoff = options_.initial_backoff;
  bool timed_out = false;
  bool maybe_changed = false;

  CallFailure failure;
  for (const HostPort& endpoint : options_.endpoints) {
    failure.answers.push_back({.endpoint = endpoint.ToString()});
  }

  for (size_t tried = 1;; ++tried) {
    const Duration remaining = deadline - Now();
    const grpc::Status status = connections_[current_].Call(std::min(attempt_timeout, remaining),
                                                            options_.connect_timeout, attempt);
    if (status.ok()) return std::nullopt;

    EndpointAnswer& answer = failure.answers[current_];
    failure.error = ErrorFromStatus(status);
    // If the end of the call cuts its last attempt short, the attempt before says more.
    const bool was_cut_short = remaining < attempt_timeout && deadline - Now() < kLeastAttempt;
    if (answer.attempts == 0 || !was_cut_short) answer.last = failure.error;
    ++answer.attempts;
    failure.elapsed = Now() - start;
    if (!IsRetryable(failure.error)) {
      failure.kind = KindOfAnswer(kind, failure.error);
      return failure;
    }
    maybe_changed |= kind == CallKind::kWrite && failure.error.outcome() != common::v1::REFUSED;
    timed_out |= failure.error.code() == common::v1::REQUEST_TIMED_OUT;
    current_ = (current_ + 1) % connections_.size();

    Duration wait = std::chrono::milliseconds(failure.error.retry_after_ms());
    if (tried % connections_.size() == 0) {
      // The wait is at most half of the remaining time, so that the last attempts are close to the
      // deadline.
      wait = std::max(wait, std::min(Jittered(backoff), (deadline - Now()) / 2));
      backoff = std::min(2 * backoff, options_.max_backoff);
      if (timed_out) attempt_timeout = std::min(2 * attempt_timeout, options_.max_attempt_timeout);
      timed_out = false;
    }
    const bool worth_waiting = wait + kLeastAttempt <= deadline - Now();
    if (worth_waiting) std::this_thread::sleep_for(wait);
    // On a busy machine, the sleep may last beyond the deadline.
    if (!worth_waiting || deadline - Now() < kLeastAttempt) {
      failure.kind = KindOfGivingUp(maybe_changed, failure.error);
      return failure;
    }
  }
}

Duration FailoverCaller::Jittered(Duration backoff) {
  const auto half = static_cast<uint64_t>(backoff.count() / 2);
  return backoff - Duration(static_cast<int64_t>(rng_.Below(half + 1)));
}

}  // namespace quorate::client
