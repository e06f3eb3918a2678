#include "cli/text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/check.h"

namespace quorate::cli {
namespace {

// Returns the width in characters, not bytes, because a name may contain any UTF-8.
size_t Width(const std::string& cell) {
  return static_cast<size_t>(std::count_if(
      cell.begin(), cell.end(), [](unsigned char byte) { return (byte & 0xc0) != 0x80; }));
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  CHECK_EQ(cells.size(), columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::ToString(int indent) const {
  std::vector<std::vector<std::string>> lines;
  const bool titled = std::any_of(columns_.begin(), columns_.end(),
                                  [](const Column& column) { return !column.title.empty(); });
  if (titled) {
    auto& header = lines.emplace_back();
    for (const Column& column : columns_) header.push_back(column.title);
  }
  lines.insert(lines.end(), rows_.begin(), rows_.end());

  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], Width(line[i]));
  }

  std::string result;
  for (const auto& line : lines) {
    std::string text(static_cast<size_t>(indent), ' ');
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - Width(line[i]), ' ');
      if (i > 0) text += "  ";
      text += columns_[i].right_aligned ? padding + line[i] : line[i] + padding;
    }
    const size_t end = text.find_last_not_of(' ');
    result += (end == std::string::npos ? "" : text.substr(0, end + 1)) + "\n";
  }
  return result;
}

std::string DurationText(int64_t ms) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  const int64_t s = ms / 1000;
  if (ms < 1000) return absl::StrFormat("%d ms", ms);
  // Tenths are truncated, not rounded: 59.96 s is not yet a minute.
  if (s < kMinute) return absl::StrFormat("%d.%d s", s, ms % 1000 / 100);
  if (s < kHour) return absl::StrFormat("%d min %d s", s / kMinute, s % kMinute);
  if (s < kDay) return absl::StrFormat("%d h %d min", s / kHour, s % kHour / kMinute);
  return absl::StrFormat("%d d %d h", s / kDay, s % kDay / kHour);
}

std::string AgeText(int64_t ms) { return ms < 0 ? kNotKnown : DurationText(ms) + " ago"; }

std::string TimeText(int64_t ms_since_epoch) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixMillis(ms_since_epoch),
                          absl::UTCTimeZone());
}

std::string CountText(int64_t count) { return count < 0 ? kNotKnown : std::to_string(count); }

std::string IdsText(const google::protobuf::RepeatedField<int32_t>& ids) {
  return absl::StrJoin(ids, ",");
}

std::string TerminalText(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
  return is_plain ? text : absl::CEscape(text);
}

std::string Plural(int64_t count, const std::string& noun) {
  return absl::StrFormat("%d %s%s", count, noun, count == 1 ? "" : "s");
}

}  // namespace quorate::cli
