// --help as a manual page, laid out as the servers' pages are: apart from command_line.h because it
// only lays out text.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace quorate::cli {

// Option groups, in the order in which a page shows them.
inline constexpr char kOwnFlags[] = "OPTIONS";
inline constexpr char kCommonFlags[] = "COMMON OPTIONS";

// A command's CLI11 description is its summary, a newline, and its paragraphs; its footer is its
// examples, a line each.
class ManualFormatter final : public CLI::FormatterBase {
 public:
  // `exit_statuses`: the lines of that section, indented.
  explicit ManualFormatter(std::string exit_statuses) : exit_statuses_(std::move(exit_statuses)) {}

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;

 private:
  const std::string exit_statuses_;
};

}  // namespace quorate::cli
