// Formats an entry of the metadata log, read from a disk or from a running controller: one line
// about the entry, then its decoded records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"

namespace quorate::cli {

struct LoggedEntry {
  // Nullopt if unknown: subscribers receive only offsets.
  std::optional<int64_t> index;
  int64_t base_offset = 0;
  // The number of offsets that the entry takes.
  int32_t record_count = 1;
  int32_t epoch = 0;
  int64_t append_time_ms = 0;
  // "controller" if a controller decided by itself. Empty for a new leader's barrier and first
  // entries.
  std::string principal;
  // Empty for barriers that older programs have written.
  std::string cause;
  // In the format of --request-id.
  std::optional<std::string> request_id;
  // One line each.
  std::vector<std::string> records;
};

// Returns a line for each record of a serialized RecordBatch, or one line that says that it cannot
// be parsed.
std::vector<std::string> RecordLines(const std::string& batch);

// Returns the lines of an entry, each with its newline.
std::string EntryText(const LoggedEntry& entry);

// Returns the entry as one line of JSON (NDJSON), with its newline.
std::string EntryJsonLine(const LoggedEntry& entry);

}  // namespace quorate::cli
