// Limits how many partitions each principal creates and deletes a second, because each costs work
// in all controllers and brokers. The meaning is that of Kafka's controller mutation quota
// (KIP-599): a request passes while its principal has any token left, whatever it costs, and the
// debt delays the principal's next request. So a large request is never impossible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "base/token_buckets.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

// Used on the controller's loop only.
class PartitionQuota {
 public:
  // A principal may save up to ten seconds' worth. 0: there is no limit.
  explicit PartitionQuota(int64_t mutations_per_second);

  // Returns THROTTLING_QUOTA_EXCEEDED, with the time to wait, if the principal has used up its
  // quota by now. Otherwise returns nullopt.
  std::optional<common::v1::Error> Check(const std::string& principal, MonoTime now);

  // Charges the principal with partitions that it has created or deleted.
  void Spend(const std::string& principal, MonoTime now, int64_t partitions);

 private:
  const int64_t mutations_per_second_;
  TokenBuckets buckets_;
};

}  // namespace quorate::controller
