// Reads the options of a program from a TOML file, the environment and the command line. Each
// option is declared once: `--node-id`, QUORATE_NODE_ID and `node_id = 1` all set the same option.
// A flag overrides the environment, which overrides the file. Both servers use this code, so that
// the same mistake gets the same error message from both.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::server {

// Parses and stores an option's text.
class OptionSetter {
 public:
  // `set` returns INVALID_ARGUMENT if the text is not valid; the message says what is wrong with it
  // and does not name the option. `accepts` describes the valid values for docs/configuration.md,
  // as in "a whole number from 1 to 10"; empty: Option::help describes them.
  template <typename Set>
  OptionSetter(Set set, std::string accepts = "")  // NOLINT(google-explicit-constructor)
      : set_(std::move(set)), accepts_(std::move(accepts)) {}

  absl::Status operator()(const std::string& text) const { return set_(text); }
  const std::string& accepts() const { return accepts_; }

 private:
  std::function<absl::Status(const std::string& text)> set_;
  std::string accepts_;
};

// The option that selects the defaults of other options. A program need not have it.
inline constexpr char kProfileOption[] = "profile";

struct Option {
  // In kebab-case.
  std::string name;
  // The placeholder of the value in --help, e.g. "HOST:PORT". Empty for a switch: its text is
  // "true" or "false", and its flag needs no value.
  std::string value_name;
  // Full sentences for --help.
  std::string help;
  OptionSetter set;
  // The text that is set if no source gives the option; --help shows it. Empty: no default.
  std::string default_text = {};
  // The defaults that replace default_text, by the value of the option kProfileOption, in the order
  // of the documentation. For a profile without an entry, and for the default profile, default_text
  // applies.
  std::vector<std::pair<std::string, std::string>> profile_defaults = {};
  // It is an error if no source gives the option.
  bool required = false;
  // How the value changes while the program runs, as a phrase. Empty: only with a restart.
  std::string changes_with = {};
};

struct OptionGroup {
  std::string title;
  std::vector<Option> options;
};

// The text of --help apart from the options. A section is a title and paragraphs.
struct ProgramManual {
  // "quorate-controller"
  std::string name;
  // A phrase without a full stop, for the NAME section.
  std::string summary;
  // An empty line separates paragraphs.
  std::string description;
  struct Section {
    std::string title;
    // One string for each paragraph. A string that begins with a space is printed as a line,
    // without wrapping.
    std::vector<std::string> paragraphs;
  };
  // Printed after OPTIONS and ENVIRONMENT.
  std::vector<Section> sections;
};

struct ProgramOptions {
  ProgramManual manual;
  // Without `config`, `check-config`, `help` and `version`, which every program has.
  std::vector<OptionGroup> groups;
  // Called when all options are set: checks how they fit together. Returns warnings about values
  // that are valid but questionable, one sentence each, or INVALID_ARGUMENT.
  std::function<absl::StatusOr<std::vector<std::string>>()> check;
};

enum class ConfigOutcome {
  kRun,
  // --help, --version or --check-config was given and its text printed: exit with status 0
  kShown,
};

// Reads the three sources and calls the setter of each option that is given or has a default, once,
// in the order of declaration, then calls `options.check`. A value that any source gives overrides
// the default of the profile. `environment` maps full names
// ("QUORATE_NODE_ID") to values; an empty value counts as unset. --check-config prints the warnings
// and all values to standard output, in the format of a configuration file.
//
// Returns INVALID_ARGUMENT if a flag or key does not exist (the message suggests the nearest one),
// a setter or `options.check` refuses a value, or a required option is missing. Returns NOT_FOUND
// if the file cannot be read. Messages are one line and name the flag, the variable, or the file
// and line.
absl::StatusOr<ConfigOutcome> LoadConfig(const ProgramOptions& options, int argc,
                                         const char* const* argv,
                                         const std::map<std::string, std::string>& environment);

// Returns the environment variables of this process.
std::map<std::string, std::string> ProcessEnvironment();

// Returns the default of an option and those of the profiles, e.g. "100 (wan: 300, noisy: 200)".
// Empty: the option has no default.
std::string DescribeDefaults(const Option& option);

// Return the names of an option in the other sources: "QUORATE_NODE_ID" and "node_id" for
// "node-id".
std::string EnvironmentName(std::string_view option);
std::string FileKey(std::string_view option);

// Returns the candidate that `name` is most likely a misspelling of. Returns an empty string if no
// candidate is similar.
std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace quorate::server
