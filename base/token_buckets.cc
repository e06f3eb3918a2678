#include "base/token_buckets.h"

namespace quorate {

std::optional<Duration> TokenBuckets::WaitOf(const std::string& caller, MonoTime now) {
  if (const auto found = buckets_.find(caller); found != buckets_.end()) {
    return found->second.WaitFor(now);
  }
  if (HasRoom(now)) return std::nullopt;
  return shared_.WaitFor(now);
}

void TokenBuckets::Spend(const std::string& caller, MonoTime now, double cost) {
  if (const auto found = buckets_.find(caller); found != buckets_.end()) {
    found->second.Spend(now, cost);
  } else if (HasRoom(now)) {
    buckets_.emplace(caller, TokenBucket(options_.each)).first->second.Spend(now, cost);
  } else {
    shared_.Spend(now, cost);
  }
}

bool TokenBuckets::HasRoom(MonoTime now) {
  if (buckets_.size() < options_.max_buckets) return true;
  if (looked_at_ + kLookInterval > now) return false;
  looked_at_ = now;
  absl::erase_if(buckets_, [now](auto& entry) { return entry.second.IsFull(now); });
  return buckets_.size() < options_.max_buckets;
}

}  // namespace quorate
