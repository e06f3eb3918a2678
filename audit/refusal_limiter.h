// Bounds how many records of refused requests an audit log gets, so that a caller that is refused
// again and again cannot fill the disk or push out the records of others.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "quorate/audit/v1/audit_service.pb.h"

namespace quorate::audit {

// Refused requests of the same method, principal and outcome are one kind. In each second, the
// first records of a kind pass, and the others become one record at the end of the second. Not
// thread-safe.
class RefusalLimiter {
 public:
  // How many records of one kind pass in a second.
  static constexpr int kPassed = 10;
  static constexpr Duration kWindow = std::chrono::seconds(1);
  // The number of kinds that are told apart. Above it, all principals of a method are one kind, and
  // above twice that number, all methods. The record of such a kind names the principal or the
  // method "*".
  static constexpr size_t kMaxKinds = 256;

  // Returns whether the record may be written now. Otherwise it is part of a sum. Records of
  // requests that were not refused always pass.
  bool Admit(const v1::AuditRecord& record, MonoTime now);

  // Returns the sums whose second is over, and forgets them. With `all`, also the other sums. Their
  // count is set, and their time is that of the last request.
  std::vector<v1::AuditRecord> TakeSums(MonoTime now, bool all = false);

  // Returns when a second ends that has a sum, or kNever.
  MonoTime next_sum() const { return next_sum_; }

 private:
  struct Kind {
    MonoTime ends;
    int passed = 0;
    // Set once a record did not pass.
    std::optional<v1::AuditRecord> sum;
  };

  bool HasRoomFor(const v1::AuditRecord& kind, size_t max_kinds) const;

  std::map<std::string, Kind> kinds_;
  // No kind without a sum ends before.
  MonoTime next_end_ = kNever;
  MonoTime next_sum_ = kNever;
};

}  // namespace quorate::audit
