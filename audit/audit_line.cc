#include "audit/audit_line.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/json_text.h"
#include "google/protobuf/util/json_util.h"

namespace quorate::audit {
namespace {

// Every line begins with this, so that a reader knows the version before it parses the rest.
constexpr std::string_view kBegin = "{\"v\":1,";

void AppendText(const char* key, std::string_view value, std::string* line) {
  absl::StrAppend(line, ",\"", key, "\":");
  AppendJsonString(value, line);
}

void AppendNumber(const char* key, int64_t value, std::string* line) {
  absl::StrAppend(line, ",\"", key, "\":", value);
}

}  // namespace

std::string AuditLine(const v1::AuditRecord& record) {
  std::string line(kBegin);
  absl::StrAppend(&line, "\"time_ms\":", record.time_ms());
  AppendNumber("controller", record.controller(), &line);
  if (record.lost() != 0) {
    AppendNumber("lost", record.lost(), &line);
    return line + "}\n";
  }
  AppendText("caller", record.caller(), &line);
  AppendText("principal", record.principal(), &line);
  AppendText("method", record.method(), &line);
  AppendText("resource", record.resource(), &line);
  AppendText("outcome", record.outcome(), &line);
  if (record.items() != 0) AppendNumber("items", record.items(), &line);
  if (record.refused_items() != 0) AppendNumber("refused_items", record.refused_items(), &line);
  if (record.end_offset() != 0) AppendNumber("end_offset", record.end_offset(), &line);
  if (!record.request_id().empty()) AppendText("request_id", record.request_id(), &line);
  if (record.validate_only()) line += ",\"validate_only\":true";
  AppendNumber("duration_ms", record.duration_ms(), &line);
  AppendNumber("count", record.count(), &line);
  return line + "}\n";
}

std::optional<v1::AuditRecord> ParseAuditLine(std::string_view line) {
  if (!line.starts_with(kBegin)) return std::nullopt;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  v1::AuditRecord record;
  if (!google::protobuf::util::JsonStringToMessage({line.data(), line.size()}, &record, options)
           .ok()) {
    return std::nullopt;
  }
  return record;
}

}  // namespace quorate::audit
