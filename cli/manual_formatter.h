// Formats --help as a manual page with the same layout as the servers' pages.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace quorate::cli {

// Option groups, in the order in which a page shows them.
inline constexpr char kOwnFlags[] = "OPTIONS";
inline constexpr char kCommonFlags[] = "COMMON OPTIONS";

// Formats the page of a command. The command's CLI11 description is its summary, a newline, and its
// paragraphs. Its footer contains its examples, one per line.
class ManualFormatter final : public CLI::FormatterBase {
 public:
  // `exit_statuses` contains the indented lines of the EXIT STATUS section.
  explicit ManualFormatter(std::string exit_statuses) : exit_statuses_(std::move(exit_statuses)) {}

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;

 private:
  const std::string exit_statuses_;
};

}  // namespace quorate::cli
