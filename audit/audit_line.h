// A line of the audit log's files: one record in JSON (docs/storage_format.md, "The audit log").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "quorate/audit/v1/audit_service.pb.h"

namespace quorate::audit {

// Returns the record as a line, with its newline. The keys are the names of the fields of
// AuditRecord. A byte that is not part of UTF-8 becomes U+FFFD.
std::string AuditLine(const v1::AuditRecord& record);

// Parses a line without its newline. Ignores unknown keys. Returns nullopt if it is not a record of
// version 1.
std::optional<v1::AuditRecord> ParseAuditLine(std::string_view line);

}  // namespace quorate::audit
