#include "base/json_log_line.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_format.h"

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

// Returns the length of the UTF-8 sequence at the beginning of `text`, or 0 if there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and code points above U+10FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return length;
}

void AppendString(std::string_view text, std::string& json) {
  json += '"';
  while (!text.empty()) {
    const char c = text.front();
    size_t length = 1;
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '\n') {
      json += "\\n";
    } else if (c == '\t') {
      json += "\\t";
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      json += absl::StrFormat("\\u%04x", static_cast<int>(c));
    } else if (length = Utf8Length(text); length == 0) {
      json += "\\ufffd";
      length = 1;
    } else {
      json.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  json += '"';
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
    AppendString(prefix.source, json);
  }
  json += ",\"message\":";
  AppendString(line, json);
  return json + "}\n";
}

}  // namespace quorate
