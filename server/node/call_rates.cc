#include "server/node/call_rates.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/node/refused_error.h"

namespace quorate::server {

CallRates::CallRates(int64_t calls_per_second, const Clock* clock)
    : calls_per_second_(calls_per_second),
      clock_(clock),
      buckets_({.each = {.tokens_per_second = static_cast<double>(calls_per_second),
                         .capacity = static_cast<double>(calls_per_second)}}) {}

std::optional<common::v1::Error> CallRates::Admit(const std::string& principal,
                                                  const std::string& host) {
  if (!has_limit()) return std::nullopt;
  const std::string caller = absl::StrCat(principal, "\n", host);
  const MonoTime now = clock_->Now();
  std::optional<Duration> wait;
  {
    MutexLock lock(&mutex_);
    wait = buckets_.WaitOf(caller, now);
    if (!wait) buckets_.Spend(caller, now, 1);
  }
  if (!wait) return std::nullopt;
  refused_.Add();
  common::v1::Error error =
      MakeError(common::v1::RESOURCE_EXHAUSTED,
                absl::StrFormat("%s%s makes more than %d calls a second: call less often, or raise "
                                "--principal-calls-per-second",
                                principal, host.empty() ? "" : absl::StrCat(" at ", host),
                                calls_per_second_));
  error.set_retry_after_ms(ToMs(*wait));
  return error;
}

}  // namespace quorate::server
