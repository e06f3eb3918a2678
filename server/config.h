// The options of a program, declared once and read from a TOML file, the environment and the
// command line: `--node-id`, QUORATE_NODE_ID and `node_id = 1` are one option. A flag beats the
// environment, which beats the file. Both servers declare theirs here, so that both refuse the same
// mistakes in the same words.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::server {

// Takes an option's text; INVALID_ARGUMENT says what is wrong with it, without naming the option.
using OptionSetter = std::function<absl::Status(const std::string& text)>;

struct Option {
  // In kebab-case.
  std::string name;
  // What stands for the value in --help, e.g. "HOST:PORT". Empty: a switch, "true" or "false",
  // whose flag needs no value.
  std::string value_name;
  // Full sentences for --help.
  std::string help;
  OptionSetter set;
  // The text that is set where no source names the option, shown in --help; empty: none.
  std::string default_text = {};
  // Unset is an error.
  bool required = false;
};

struct OptionGroup {
  std::string title;
  std::vector<Option> options;
};

// What the rest of --help says; a section of it is a title and paragraphs.
struct ProgramManual {
  // "quorate-controller"
  std::string name;
  // Half a sentence, without a full stop.
  std::string summary;
  std::string description;
  struct Section {
    std::string title;
    // One for each line or paragraph; a line that begins with a space is printed as it is.
    std::vector<std::string> paragraphs;
  };
  // Printed after OPTIONS and ENVIRONMENT.
  std::vector<Section> sections;
};

struct ProgramOptions {
  ProgramManual manual;
  // `config`, `help` and `version` are added to them.
  std::vector<OptionGroup> groups;
};

enum class ConfigOutcome {
  kRun,
  kShown,  // --help or --version was asked for and printed: the program ends with status 0
};

// Reads the three sources and calls each option's setter once, in the order of declaration.
// `environment` maps whole names ("QUORATE_NODE_ID") to values; an empty value counts as unset.
// INVALID_ARGUMENT: a flag or key that does not exist (with the nearest that does), a value that
// its setter refuses, a required option that is missing; NOT_FOUND: the file cannot be read.
// Messages are one line and name the flag, the variable, or the file and line.
absl::StatusOr<ConfigOutcome> LoadConfig(const ProgramOptions& options, int argc,
                                         const char* const* argv,
                                         const std::map<std::string, std::string>& environment);

// The variables of this process.
std::map<std::string, std::string> ProcessEnvironment();

// "QUORATE_NODE_ID" and "node_id" of "node-id".
std::string EnvironmentName(std::string_view option);
std::string FileKey(std::string_view option);

// The candidate that `name` most likely stands for; empty: none is near.
std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace quorate::server
