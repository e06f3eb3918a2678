// Formats records of the audit log.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "quorate/audit/v1/audit_service.pb.h"

namespace quorate::cli {

// Returns a table with a line for each record, with or without the line of titles.
std::string AuditText(const std::vector<audit::v1::AuditRecord>& records, bool titled);

// Returns a record as one line of JSON (NDJSON), with its newline. The line is ASCII.
std::string AuditJsonLine(const audit::v1::AuditRecord& record);

// Formats a document that contains records, as JsonText does, but in ASCII: records contain text of
// callers, which must not control a terminal.
std::string AsciiJsonText(const Json& json);

}  // namespace quorate::cli
