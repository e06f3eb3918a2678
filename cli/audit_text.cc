#include "cli/audit_text.h"

#include "absl/strings/str_format.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

using audit::v1::AuditRecord;

// "quorate.admin.v1.AdminService/CreateTopics" -> "CreateTopics"
std::string MethodText(const std::string& method) {
  return TerminalText(method.substr(method.rfind('/') + 1));
}

std::string OutcomeText(const AuditRecord& record) {
  std::string text = TerminalText(record.outcome());
  if (record.refused_items() > 0 && record.items() > 1) {
    text += absl::StrFormat(" (%d of %d)", record.refused_items(), record.items());
  }
  if (record.validate_only()) text += ", dry run";
  if (record.count() > 1) text += absl::StrFormat(", %d calls", record.count());
  return text;
}

std::vector<std::string> Cells(const AuditRecord& record) {
  const std::string time = TimeText(record.time_ms());
  const std::string controller = std::to_string(record.controller());
  if (record.lost() > 0) {
    return {time, controller, "-", "-", "-", Plural(record.lost(), "record") + " lost", "-", "-"};
  }
  const auto or_dash = [](const std::string& text) {
    return text.empty() ? "-" : TerminalText(text);
  };
  return {time,
          controller,
          or_dash(record.principal()),
          or_dash(record.caller()),
          MethodText(record.method()),
          or_dash(record.resource()),
          OutcomeText(record),
          record.end_offset() == 0 ? "-" : std::to_string(record.end_offset())};
}

}  // namespace

std::string AuditText(const std::vector<AuditRecord>& records, bool titled) {
  const std::vector<Table::Column> columns = {{"TIME"},    {"CONTROLLER", true}, {"PRINCIPAL"},
                                              {"CALLER"},  {"METHOD"},           {"RESOURCE"},
                                              {"OUTCOME"}, {"END OFFSET", true}};
  Table table(titled ? columns : std::vector<Table::Column>(columns.size()));
  for (const AuditRecord& record : records) table.AddRow(Cells(record));
  return table.ToString();
}

std::string AuditJsonLine(const AuditRecord& record) {
  return ToJson(record).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

std::string AsciiJsonText(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

}  // namespace quorate::cli
