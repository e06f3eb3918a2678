// Counts and logs the calls that a process with TLS refuses because of who makes them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/instruments.h"
#include "base/mutex.h"

namespace quorate::security {

enum class RefusalReason : uint8_t {
  // The certificate is revoked.
  kRevoked,
  // The certificate gives its owner no role.
  kNoRole,
  // The owner's role may not make this call.
  kRole,
  // The port does not serve this call.
  kNotServed,
  // The call is about another broker than the owner.
  kOtherBroker,
};
inline constexpr RefusalReason kRefusalReasons[] = {RefusalReason::kRevoked, RefusalReason::kNoRole,
                                                    RefusalReason::kRole, RefusalReason::kNotServed,
                                                    RefusalReason::kOtherBroker};

// Returns "revoked", "no_role", "role", "not_served" or "other_broker".
const char* NameOf(RefusalReason reason);

// Thread-safe.
class RefusedCalls {
 public:
  // `clock` must outlive it.
  explicit RefusedCalls(const Clock* clock) : clock_(clock) {}

  // Counts a refused call. Logs a warning with `message`, at most once a second; the next one says
  // how many were not logged.
  void Record(RefusalReason reason, absl::string_view message);

  const Counter& count(RefusalReason reason) const { return counts_[static_cast<size_t>(reason)]; }

 private:
  const Clock* const clock_;
  std::array<Counter, std::size(kRefusalReasons)> counts_;
  Mutex mutex_;
  MonoTime log_again_at_ ABSL_GUARDED_BY(mutex_) = {};
  int64_t not_logged_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::security
