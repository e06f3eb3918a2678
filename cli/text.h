// How quoratectl writes for people: tables, ages, times. No colour, and nothing that differs
// between a terminal and a pipe.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>
#include <vector>

namespace quorate::cli {

// Columns padded to their widest cell and two spaces apart; no trailing spaces. Numbers belong in
// right-aligned columns.
class Table {
 public:
  struct Column {
    std::string title;
    bool right_aligned = false;
  };

  // A table without titles has no header line.
  explicit Table(std::vector<Column> columns);

  // REQUIRES: as many cells as columns.
  void AddRow(std::vector<std::string> cells);

  // Lines, each with its newline and `indent` spaces before it.
  std::string ToString(int indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// What is not known where it was asked (the protocol's -1).
inline constexpr char kNotKnown[] = "?";

// "80 ms", "3.2 s", "4 min 10 s", "3 h 12 min", "5 d 3 h".
std::string DurationText(int64_t ms);
// "3.2 s ago"; kNotKnown for -1.
std::string AgeText(int64_t ms);
// "2024-02-29 10:22:01 UTC".
std::string TimeText(int64_t ms_since_epoch);
// The number; kNotKnown for -1.
std::string CountText(int64_t count);
// "1,2,3".
std::string IdsText(const google::protobuf::RepeatedField<int32_t>& ids);
// "1 topic", "2 topics".
std::string Plural(int64_t count, const std::string& noun);

}  // namespace quorate::cli
