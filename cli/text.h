// The text output of quoratectl: tables, ages and times. There are no colours, and the output to a
// terminal and to a pipe is the same.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>
#include <vector>

namespace quorate::cli {

// Formats a table. Columns are padded to their widest cell and separated by two spaces, without
// trailing spaces. Use right-aligned columns for numbers.
class Table {
 public:
  struct Column {
    std::string title;
    bool right_aligned = false;
  };

  // If no column has a title, the table has no header line.
  explicit Table(std::vector<Column> columns);

  // REQUIRES: as many cells as columns.
  void AddRow(std::vector<std::string> cells);

  // Returns the lines, each with a newline and indented by `indent` spaces.
  std::string ToString(int indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Stands for a value that the answering controller does not know (-1 in the protocol).
inline constexpr char kNotKnown[] = "?";

// "80 ms", "3.2 s", "4 min 10 s", "3 h 12 min", "5 d 3 h".
std::string DurationText(int64_t ms);
// "3.2 s ago", or kNotKnown for -1.
std::string AgeText(int64_t ms);
// "2024-02-29 10:22:01 UTC".
std::string TimeText(int64_t ms_since_epoch);
// The number, or kNotKnown for -1.
std::string CountText(int64_t count);
// "1,2,3".
std::string IdsText(const google::protobuf::RepeatedField<int32_t>& ids);
// Returns text of another process for a terminal. If a byte is not a printable ASCII character, the
// text is escaped as in C.
std::string TerminalText(const std::string& text);
// "1 topic", "2 topics".
std::string Plural(int64_t count, const std::string& noun);

}  // namespace quorate::cli
