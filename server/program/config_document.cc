#include "server/program/config_document.h"

#include "absl/strings/str_format.h"

namespace quorate::server {
namespace {

constexpr char kIntroduction[] = R"(# Configuration

This file is generated from the declarations in `server/program/`. After a change of an option, run
`QUORATE_UPDATE_DOCS=1 build/release/server/program/config_test`.

Every option can be given as a flag, as an environment variable and in a configuration file (TOML):

    quorate-controller --node-id 1
    QUORATE_NODE_ID=1 quorate-controller
    quorate-controller --config FILE        # FILE contains: node_id = 1

A flag overrides a variable, and a variable overrides the file. Unknown flags and keys are refused.
`--check-config` checks a configuration without starting the program, and prints every value with its
source:

    quorate-controller --config FILE --check-config

`--profile` selects defaults that suit the network between the controllers
([which one](operations.md#choose-a-profile)). Where a profile has another default than `lan`, the table
shows it in parentheses. A value that is set overrides the profile.

The unit of a value is at the end of its name. An option changes with a restart of the program, unless
its description says otherwise. The options of `quoratectl` are in `quoratectl --help`.
)";

}  // namespace

std::string DescribeOptions(const ProgramOptions& options) {
  std::string text = absl::StrFormat("\n## %s\n", options.manual.name);
  for (const OptionGroup& group : options.groups) {
    text += absl::StrFormat("\n### %s\n\n", group.title);
    text += "| flag, variable, key | values | default | meaning |\n|---|---|---|---|\n";
    for (const Option& option : group.options) {
      const std::string& accepts = option.set.accepts();
      std::string meaning = option.help;
      if (!option.changes_with.empty()) {
        meaning += absl::StrFormat(" Changes at run time with %s.", option.changes_with);
      }
      text += absl::StrFormat("| `--%s`<br>`%s`<br>`%s` | %s | %s | %s |\n", option.name,
                              EnvironmentName(option.name), FileKey(option.name),
                              accepts.empty() ? option.value_name : accepts,
                              option.required               ? "required"
                              : option.default_text.empty() ? "–"
                                                            : DescribeDefaults(option),
                              meaning);
    }
  }
  return text;
}

std::string ConfigDocument(const std::vector<std::string>& programs) {
  std::string text = kIntroduction;
  for (const std::string& program : programs) text += program;
  return text;
}

}  // namespace quorate::server
