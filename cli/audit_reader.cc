#include "cli/audit_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace quorate::cli {

using audit::v1::AuditRecord;
using audit::v1::ListAuditRecordsRequest;
using audit::v1::ListAuditRecordsResponse;

AuditPart ReadAudit(const AuditPages& pages, ListAuditRecordsRequest request, size_t limit) {
  AuditPart part{.end = request.after()};
  while (part.records.size() < limit) {
    request.set_max_records(static_cast<int32_t>(
        std::min<size_t>(limit - part.records.size(), std::numeric_limits<int32_t>::max())));
    auto answer = pages(request);
    if (auto* error = std::get_if<common::v1::Error>(&answer)) {
      part.error = std::move(*error);
      break;
    }
    auto& page = std::get<ListAuditRecordsResponse>(answer);
    part.controller = page.controller();
    if (request.before() == 0) part.end = page.end();
    part.unreadable_lines += page.unreadable_lines();
    for (AuditRecord& record : *page.mutable_records()) part.records.push_back(std::move(record));
    // A position that does not go back would repeat the same page.
    const bool goes_back = request.before() == 0 || page.next_before() < request.before();
    if (page.next_before() <= 0 || !goes_back) break;
    request.set_before(page.next_before());
  }
  return part;
}

std::vector<AuditRecord> MergeAudits(const std::vector<AuditPart>& parts, size_t limit) {
  std::vector<AuditRecord> merged;
  for (const AuditPart& part : parts) {
    merged.insert(merged.end(), part.records.rbegin(), part.records.rend());
  }
  // Records of one log keep their order, also if its clock was set back within the limit.
  std::stable_sort(merged.begin(), merged.end(), [](const AuditRecord& a, const AuditRecord& b) {
    return a.time_ms() < b.time_ms();
  });
  if (merged.size() > limit) {
    merged.erase(merged.begin(), merged.end() - static_cast<std::ptrdiff_t>(limit));
  }
  return merged;
}

}  // namespace quorate::cli
