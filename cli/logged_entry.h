// How quoratectl shows an entry of the metadata log, whether it was read from a disk or from a
// running controller: a line of what it is, then its records, decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"

namespace quorate::cli {

struct LoggedEntry {
  // Nothing where it is not told: subscribers count offsets only.
  std::optional<int64_t> index;
  int64_t base_offset = 0;
  // Offsets that it takes.
  int32_t record_count = 1;
  int32_t epoch = 0;
  int64_t append_time_ms = 0;
  // "controller": it decided it by itself. Empty: a new leader's barrier and first entry.
  std::string principal;
  // Empty for the barrier of a new leader.
  std::string cause;
  // As --request-id takes it.
  std::optional<std::string> request_id;
  // One line each.
  std::vector<std::string> records;
};

// The lines of a serialized RecordBatch; where it is none, one that says so.
std::vector<std::string> RecordLines(const std::string& batch);

// Lines, each with its newline.
std::string EntryText(const LoggedEntry& entry);

// A line of its own for each entry (NDJSON), with its newline.
std::string EntryJsonLine(const LoggedEntry& entry);

}  // namespace quorate::cli
