// The grammar of quoratectl: NOUN VERB [NAME] [--flags]. CommandLine collects the commands, parses
// a command line and runs the command. Each noun's commands are in a separate file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/session.h"
#include "security/tls_store.h"

namespace quorate::cli {

// The texts that --help prints for a command.
struct Manual {
  // "create"
  std::string name;
  // A phrase without a full stop.
  std::string summary;
  // Paragraphs, separated by newlines.
  std::string description;
  // Complete command lines.
  std::vector<std::string> examples;
};

// The common flags that a command accepts.
enum class CommonFlags {
  kNone,     // none: the command makes no calls
  kOutput,   // --output: the command makes no calls, works on files and prints
  kCluster,  // also --bootstrap and --timeout
  kReads,    // also --stale
};

// Parses a command line and runs the command that it names. Not thread-safe.
class CommandLine {
 public:
  using Command = std::function<ExitCode(Session&)>;

  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Adds a noun, which is followed by a verb. The command line owns it, like all CLI11 objects
  // here.
  CLI::App* AddNoun(const std::string& name, const std::string& summary);
  // Adds a noun that follows another one.
  static CLI::App* AddNoun(CLI::App* noun, const std::string& name, const std::string& summary);

  // Adds a command: a verb of `noun`, or a single word if `noun` is app(). The caller adds its
  // arguments.
  CLI::App* AddCommand(CLI::App* noun, const Manual& manual, CommonFlags flags, Command command);

  // Validators for numbers. CLI11's own message does not say what is wrong.
  static CLI::Validator WholeNumber();
  static CLI::Validator NonNegativeInt32();

  CLI::App* app() { return &app_; }

  // Parses the arguments of main() and runs the command. Returns the exit code of main().
  ExitCode Run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

 private:
  // The common flags as given, before they are checked.
  struct RawFlags {
    std::string bootstrap;
    std::string output;
    std::string timeout;
    security::TlsFiles tls;
    bool stale = false;
  };

  void AddCommonFlags(CLI::App* command, CommonFlags flags);
  void AddTlsFlags(CLI::App* command);
  absl::StatusOr<Settings> CheckedSettings() const;
  // Returns null if no certificate is given.
  absl::StatusOr<std::shared_ptr<security::TlsStore>> OpenTls() const;

  CLI::App app_;
  RawFlags raw_;
  // The command that the parsed command line names.
  Command chosen_;
  CommonFlags chosen_flags_ = CommonFlags::kNone;
};

// Adds all commands of quoratectl.
void AddAllCommands(CommandLine& line);

}  // namespace quorate::cli
