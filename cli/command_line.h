// quoratectl's grammar, NOUN VERB [NAME] [--flags]: collects the commands, parses a command line
// and runs the command that it names. The commands themselves are in one file for each noun.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace quorate::cli {

// What --help says of a command.
struct Manual {
  // "create"
  std::string name;
  // Half a sentence, without a full stop.
  std::string summary;
  // Paragraphs, separated by newlines.
  std::string description;
  // Whole command lines.
  std::vector<std::string> examples;
};

// Which of the common flags a command has.
enum class CommonFlags {
  kNone,     // it asks nobody
  kOutput,   // it asks nobody, works on files and prints: --output
  kCluster,  // and --bootstrap, --timeout
  kReads,    // and --stale
};

class CommandLine {
 public:
  using Command = std::function<ExitCode(Session&)>;

  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // A word that verbs follow. Owned by the command line, as are all of CLI11's objects here.
  CLI::App* AddNoun(const std::string& name, const std::string& summary);

  // A command: a verb of `noun`, or a word of its own under app(). The caller adds its arguments.
  CLI::App* AddCommand(CLI::App* noun, const Manual& manual, CommonFlags flags, Command command);

  // For the numbers of options: CLI11's own message does not say what is wrong.
  static CLI::Validator WholeNumber();
  static CLI::Validator NodeId();

  CLI::App* app() { return &app_; }

  // Parses and runs; what main() returns. `argv` as main() gets it.
  ExitCode Run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

 private:
  // The common flags as they were written.
  struct RawFlags {
    std::string bootstrap;
    std::string output;
    std::string timeout;
    bool stale = false;
  };

  void AddCommonFlags(CLI::App* command, CommonFlags flags);
  absl::StatusOr<Settings> CheckedSettings() const;

  CLI::App app_;
  RawFlags raw_;
  // What the line names, once it is parsed.
  Command chosen_;
  CommonFlags chosen_flags_ = CommonFlags::kNone;
};

// All commands of quoratectl.
void AddAllCommands(CommandLine& line);

}  // namespace quorate::cli
