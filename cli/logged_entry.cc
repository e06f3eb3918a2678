#include "cli/logged_entry.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/text.h"
#include "metadata/record_text.h"

namespace quorate::cli {

std::vector<std::string> RecordLines(const std::string& batch) {
  metadata::v1::RecordBatch records;
  if (!records.ParseFromString(batch)) {
    return {absl::StrFormat("%d bytes that are not records of this version", batch.size())};
  }
  std::vector<std::string> lines;
  lines.reserve(static_cast<size_t>(records.records_size()));
  for (const metadata::v1::Record& record : records.records()) {
    lines.push_back(metadata::RecordText(record));
  }
  return lines;
}

std::string EntryText(const LoggedEntry& entry) {
  std::string text;
  if (entry.index) absl::StrAppend(&text, "index ", *entry.index, "  ");
  absl::StrAppend(&text, "offset ", entry.base_offset);
  if (entry.record_count > 1) {
    absl::StrAppend(&text, "-", entry.base_offset + entry.record_count - 1);
  }
  absl::StrAppend(&text, "  epoch ", entry.epoch, "  ", TimeText(entry.append_time_ms), "  ",
                  entry.cause.empty() ? "barrier of a new leader" : entry.cause);
  if (!entry.principal.empty()) absl::StrAppend(&text, "  by ", entry.principal);
  if (entry.request_id) absl::StrAppend(&text, "  request ", *entry.request_id);
  absl::StrAppend(&text, "\n");
  for (const std::string& record : entry.records) absl::StrAppend(&text, "    ", record, "\n");
  return text;
}

std::string EntryJsonLine(const LoggedEntry& entry) {
  const Json json = {{"index", entry.index ? Json(*entry.index) : Json(nullptr)},
                     {"base_offset", entry.base_offset},
                     {"record_count", entry.record_count},
                     {"epoch", entry.epoch},
                     {"append_time_ms", entry.append_time_ms},
                     {"principal", entry.principal},
                     {"cause", entry.cause},
                     {"request_id", entry.request_id ? Json(*entry.request_id) : Json(nullptr)},
                     {"records", entry.records}};
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace quorate::cli
