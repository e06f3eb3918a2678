#include "controller/partition_quota.h"

#include "absl/strings/str_format.h"
#include "controller/answer.h"

namespace quorate::controller {
namespace {

constexpr double kBurstSeconds = 10;

}  // namespace

PartitionQuota::PartitionQuota(int64_t mutations_per_second)
    : mutations_per_second_(mutations_per_second),
      buckets_({.each = {.tokens_per_second = static_cast<double>(mutations_per_second),
                         .capacity = kBurstSeconds * static_cast<double>(mutations_per_second)}}) {}

std::optional<common::v1::Error> PartitionQuota::Check(const std::string& principal, MonoTime now) {
  if (mutations_per_second_ == 0) return std::nullopt;
  const std::optional<Duration> wait = buckets_.WaitOf(principal, now);
  if (!wait) return std::nullopt;
  common::v1::Error error =
      MakeError(common::v1::THROTTLING_QUOTA_EXCEEDED,
                absl::StrFormat(
                    "%s has created and deleted more than %d partitions a second: retry in %d ms, "
                    "or raise --partition-mutations-per-second",
                    principal, mutations_per_second_, ToMs(*wait)));
  error.set_retry_after_ms(ToMs(*wait));
  return error;
}

void PartitionQuota::Spend(const std::string& principal, MonoTime now, int64_t partitions) {
  if (mutations_per_second_ == 0 || partitions == 0) return;
  buckets_.Spend(principal, now, static_cast<double>(partitions));
}

}  // namespace quorate::controller
