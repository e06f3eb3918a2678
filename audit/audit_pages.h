// Reads an audit log page by page, the newest page first. A page is a bounded part of one file, so
// reading it takes a few milliseconds.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "quorate/audit/v1/audit_service.pb.h"

namespace quorate::audit {

// The most bytes of a file that one page covers.
inline constexpr int64_t kPageBytes = int64_t{256} << 10;
// The most records of a page.
inline constexpr int kPageRecords = 1'000;

// Returns whether the record meets the conditions of the request.
bool Matches(const v1::ListAuditRecordsRequest& request, const v1::AuditRecord& record);

// Returns the page of the log in `directory` that the request asks for. Does not set `controller`.
// A last line that is not complete yet does not count. Returns INVALID_ARGUMENT if a position or a
// count is negative, and errors of the disk. Thread-safe, also while a writer appends.
absl::StatusOr<v1::ListAuditRecordsResponse> ReadAuditPage(
    const std::string& directory, const v1::ListAuditRecordsRequest& request);

}  // namespace quorate::audit
