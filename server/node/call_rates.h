// Limits how many calls a second each caller makes to this controller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/instruments.h"
#include "base/mutex.h"
#include "base/token_buckets.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// Thread-safe.
class CallRates {
 public:
  // A caller may save one second's worth. 0: there is no limit. `clock` must outlive it.
  CallRates(int64_t calls_per_second, const Clock* clock);

  bool has_limit() const { return calls_per_second_ > 0; }

  // Counts a call of this principal. `host` tells apart callers that share the principal; empty:
  // all of them count together. Returns RESOURCE_EXHAUSTED, with the time to wait, if the caller
  // has made too many calls, and does not count this one.
  std::optional<common::v1::Error> Admit(const std::string& principal, const std::string& host);

  // Counts the calls that Admit refused.
  const Counter& refused() const { return refused_; }

 private:
  const int64_t calls_per_second_;
  const Clock* const clock_;
  Counter refused_;
  Mutex mutex_;
  TokenBuckets buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
