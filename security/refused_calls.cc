#include "security/refused_calls.h"

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::security {
namespace {

constexpr Duration kLogInterval = std::chrono::seconds(1);

}  // namespace

const char* NameOf(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kRevoked:
      return "revoked";
    case RefusalReason::kNoRole:
      return "no_role";
    case RefusalReason::kRole:
      return "role";
    case RefusalReason::kNotServed:
      return "not_served";
    case RefusalReason::kOtherBroker:
      return "other_broker";
  }
  LOG(FATAL) << "no such reason";
}

void RefusedCalls::Record(RefusalReason reason, absl::string_view message) {
  counts_[static_cast<size_t>(reason)].Add();
  int64_t not_logged = 0;
  {
    MutexLock lock(&mutex_);
    const MonoTime now = clock_->Now();
    if (now < log_again_at_) {
      ++not_logged_;
      return;
    }
    log_again_at_ = now + kLogInterval;
    not_logged = std::exchange(not_logged_, 0);
  }
  LOG(WARNING) << "refused a call: " << message
               << (not_logged == 0
                       ? std::string()
                       : absl::StrFormat(" (and %d other calls since the last such line)",
                                         not_logged));
}

}  // namespace quorate::security
