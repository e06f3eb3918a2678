#include "base/json_log_line.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_format.h"
#include "base/json_text.h"

namespace quorate {
namespace {

std::string_view LevelOf(char severity) {
  switch (severity) {
    case 'W':
      return "warning";
    case 'E':
      return "error";
    case 'F':
      return "fatal";
    default:
      return "info";
  }
}

// The parts of a line's prefix.
struct Prefix {
  char severity = 'I';
  std::string_view micros = "000000";
  std::string_view thread;
  std::string_view source;
};

// Splits "I20261130 01:02:03.456789  1234 raft_core.cc:12] message". Leaves `line` as it is if it
// has no such prefix.
Prefix TakePrefix(std::string_view& line) {
  constexpr size_t kTimeLength = sizeof("I20261130 01:02:03.456789") - 1;
  constexpr size_t kMicros = 6;
  Prefix prefix;
  const size_t end = line.find("] ");
  if (end == std::string_view::npos || end < kTimeLength || line[9] != ' ' ||
      line[kTimeLength - kMicros - 1] != '.') {
    return prefix;
  }
  constexpr std::string_view kDigits = "0123456789";
  const std::string_view micros = line.substr(kTimeLength - kMicros, kMicros);
  if (micros.find_first_not_of(kDigits) != std::string_view::npos) return prefix;
  prefix.severity = line[0];
  prefix.micros = micros;
  std::string_view rest = line.substr(kTimeLength, end - kTimeLength);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const size_t space = rest.find(' ');
  if (space == std::string_view::npos ||
      rest.substr(0, space).find_first_not_of(kDigits) != std::string_view::npos) {
    return {};
  }
  prefix.thread = rest.substr(0, space);
  prefix.source = rest.substr(space + 1);
  line.remove_prefix(end + 2);
  return prefix;
}

}  // namespace

std::string JsonLogLine(std::time_t timestamp, std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const Prefix prefix = TakePrefix(line);
  std::tm utc = {};
  gmtime_r(&timestamp, &utc);
  std::string json = absl::StrFormat(
      "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%sZ\",\"level\":\"%s\"", utc.tm_year + 1900,
      utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, std::string(prefix.micros),
      std::string(LevelOf(prefix.severity)));
  if (!prefix.thread.empty()) {
    json += ",\"thread\":";
    json += prefix.thread;
    json += ",\"source\":";
    AppendJsonString(prefix.source, &json);
  }
  json += ",\"message\":";
  AppendJsonString(line, &json);
  return json + "}\n";
}

}  // namespace quorate
