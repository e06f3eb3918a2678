#include "server/program/manual.h"

#include "absl/strings/str_format.h"
#include "base/wrap_text.h"

namespace quorate::server {
namespace {

constexpr int kTextIndent = 4;
constexpr int kHelpIndent = 12;

std::string RenderOption(const std::string& name, const std::string& value_name,
                         const std::string& help) {
  return absl::StrFormat("    --%s%s%s\n%s\n", name, value_name.empty() ? "" : " ", value_name,
                         WrapText(help, kHelpIndent));
}

std::string Synopsis(const ProgramOptions& options) {
  std::string line = options.manual.name;
  for (const OptionGroup& group : options.groups) {
    for (const Option& option : group.options) {
      if (option.required) line += absl::StrFormat(" --%s %s", option.name, option.value_name);
    }
  }
  return WrapText(line + " [--OPTION VALUE]...", kTextIndent) +
         WrapText(options.manual.name + " --config FILE [--OPTION VALUE]...", kTextIndent) +
         WrapText(options.manual.name + " --check-config | --help | --version", kTextIndent);
}

std::string RenderOptions(const ProgramOptions& options) {
  std::string page;
  for (const OptionGroup& group : options.groups) {
    page += absl::StrFormat("  %s\n", group.title);
    for (const Option& option : group.options) {
      std::string help = option.help;
      if (option.required) help += " Required.";
      if (!option.default_text.empty()) help += " Default: " + DescribeDefaults(option) + ".";
      page += RenderOption(option.name, option.value_name, help);
    }
  }
  page += "  General\n";
  page += RenderOption("config", "FILE", "Read options from this TOML file.");
  page +=
      RenderOption("check-config", "",
                   "Check the configuration, print it with the source of each value, and exit. "
                   "The output can be used as a configuration file. Nothing is opened or changed.");
  page += RenderOption("help", "", "Print this page (also -h).");
  page += RenderOption("version", "", "Print the version of this program.");
  return page;
}

}  // namespace

std::string RenderManual(const ProgramOptions& options) {
  const ProgramManual& manual = options.manual;
  std::string page = "NAME\n" + WrapText(manual.name + " - " + manual.summary, kTextIndent);
  page += "\nSYNOPSIS\n" + Synopsis(options);
  page += "\nDESCRIPTION\n" + WrapText(manual.description, kTextIndent);
  page += "\nOPTIONS\n" + RenderOptions(options);
  page += "ENVIRONMENT\n" +
          WrapText(
              "Each option can also be set with an environment variable, for example --log-level "
              "with " +
                  EnvironmentName("log-level") +
                  ". A flag overrides a variable, and a variable overrides the configuration file. "
                  "An empty variable counts as unset.",
              kTextIndent);
  for (const ProgramManual::Section& section : manual.sections) {
    page += absl::StrFormat("\n%s\n", section.title);
    for (const std::string& paragraph : section.paragraphs)
      page += WrapText(paragraph, kTextIndent);
  }
  return page;
}

}  // namespace quorate::server
