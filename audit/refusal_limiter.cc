#include "audit/refusal_limiter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace quorate::audit {
namespace {

constexpr char kOk[] = "OK";
constexpr char kAny[] = "*";

std::string NameOf(const v1::AuditRecord& kind) {
  return absl::StrCat(kind.method(), "\n", kind.outcome(), "\n", kind.principal());
}

}  // namespace

bool RefusalLimiter::Admit(const v1::AuditRecord& record, MonoTime now) {
  if (record.outcome() == kOk) return true;
  // A kind whose second is over and that has no sum takes no room.
  if (now >= next_end_) {
    next_end_ = kNever;
    for (auto it = kinds_.begin(); it != kinds_.end();) {
      if (now >= it->second.ends && !it->second.sum) {
        it = kinds_.erase(it);
      } else {
        if (!it->second.sum) next_end_ = std::min(next_end_, it->second.ends);
        ++it;
      }
    }
  }
  v1::AuditRecord summed = record;
  if (!HasRoomFor(summed, kMaxKinds)) summed.set_principal(kAny);
  if (!HasRoomFor(summed, 2 * kMaxKinds)) summed.set_method(kAny);
  Kind& kind = kinds_[NameOf(summed)];
  if (kind.passed == 0) {
    kind.ends = now + kWindow;
    next_end_ = std::min(next_end_, kind.ends);
  }
  if (kind.passed < kPassed) {
    ++kind.passed;
    return true;
  }
  summed.set_count(record.count() + (kind.sum ? kind.sum->count() : 0));
  kind.sum = std::move(summed);
  next_sum_ = std::min(next_sum_, kind.ends);
  return false;
}

bool RefusalLimiter::HasRoomFor(const v1::AuditRecord& kind, size_t max_kinds) const {
  return kinds_.size() < max_kinds || kinds_.contains(NameOf(kind));
}

std::vector<v1::AuditRecord> RefusalLimiter::TakeSums(MonoTime now, bool all) {
  std::vector<v1::AuditRecord> sums;
  if (now < next_sum_ && !all) return sums;
  next_sum_ = kNever;
  for (auto it = kinds_.begin(); it != kinds_.end();) {
    const Kind& kind = it->second;
    if (kind.sum && (all || now >= kind.ends)) {
      sums.push_back(*kind.sum);
      it = kinds_.erase(it);
      continue;
    }
    if (kind.sum) next_sum_ = std::min(next_sum_, kind.ends);
    ++it;
  }
  return sums;
}

}  // namespace quorate::audit
