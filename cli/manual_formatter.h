// --help as a manual page, laid out as the servers' pages are: apart from command_line.h because it
// only lays out text.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace quorate::cli {

// Option groups, in the order in which a page shows them.
inline constexpr char kOwnFlags[] = "OPTIONS";
inline constexpr char kCommonFlags[] = "COMMON OPTIONS";

// A command's CLI11 description is its summary, a newline, and its paragraphs; its footer is its
// examples, a line each.
class ManualFormatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace quorate::cli
