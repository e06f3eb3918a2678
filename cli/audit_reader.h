// Reads audit logs page by page and merges them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "quorate/audit/v1/audit_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::cli {

// Returns a page of one audit log, from a running controller or from its files.
using AuditPages =
    std::function<std::variant<audit::v1::ListAuditRecordsResponse, common::v1::Error>(
        const audit::v1::ListAuditRecordsRequest&)>;

// What was read from one audit log.
struct AuditPart {
  // The newest first. After an error, the records before it.
  std::vector<audit::v1::AuditRecord> records;
  // The node id of the controller, if it has answered.
  std::optional<int32_t> controller;
  // Where the next read continues with `after`.
  int64_t end = 0;
  int64_t unreadable_lines = 0;
  std::optional<common::v1::Error> error;
};

// Reads the newest `limit` records that meet the conditions of `request`.
AuditPart ReadAudit(const AuditPages& pages, audit::v1::ListAuditRecordsRequest request,
                    size_t limit);

// Merges the records of several logs by time. Returns the newest `limit` of them, the oldest first.
std::vector<audit::v1::AuditRecord> MergeAudits(const std::vector<AuditPart>& parts, size_t limit);

}  // namespace quorate::cli
