#include "server/manual.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace quorate::server {
namespace {

constexpr size_t kColumns = 80;
constexpr size_t kTextIndent = 4;
constexpr size_t kHelpIndent = 12;

// `text` in lines of at most kColumns, each indented; one that begins with a space stays as it is.
std::string Wrap(const std::string& text, size_t indent) {
  const std::string margin(indent, ' ');
  if (text.empty()) return "\n";
  if (text.starts_with(' ')) return absl::StrFormat("%s%s\n", margin, text);
  std::string result;
  std::string line = margin;
  for (const auto piece : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::string word(piece);
    if (line.size() > indent && line.size() + 1 + word.size() > kColumns) {
      result += line + "\n";
      line = margin;
    }
    if (line.size() > indent) line += ' ';
    line += word;
  }
  return result + line + "\n";
}

std::string RenderOption(const std::string& name, const std::string& value_name,
                         const std::string& help) {
  return absl::StrFormat("    --%s%s%s\n%s\n", name, value_name.empty() ? "" : " ", value_name,
                         Wrap(help, kHelpIndent));
}

std::string Synopsis(const ProgramOptions& options) {
  std::string line = options.manual.name;
  for (const OptionGroup& group : options.groups) {
    for (const Option& option : group.options) {
      if (option.required) line += absl::StrFormat(" --%s %s", option.name, option.value_name);
    }
  }
  return Wrap(line + " [--OPTION VALUE]...", kTextIndent) +
         Wrap(options.manual.name + " --config FILE [--OPTION VALUE]...", kTextIndent) +
         Wrap(options.manual.name + " --help | --version", kTextIndent);
}

std::string RenderOptions(const ProgramOptions& options) {
  std::string page;
  for (const OptionGroup& group : options.groups) {
    page += absl::StrFormat("  %s\n", group.title);
    for (const Option& option : group.options) {
      std::string help = option.help;
      if (option.required) help += " Required.";
      if (!option.default_text.empty()) help += " Default: " + option.default_text + ".";
      page += RenderOption(option.name, option.value_name, help);
    }
  }
  page += "  General\n";
  page += RenderOption("config", "FILE", "Read options from this TOML file.");
  page += RenderOption("help", "", "Print this page (also -h).");
  page += RenderOption("version", "", "Print the version.");
  return page;
}

}  // namespace

std::string RenderManual(const ProgramOptions& options) {
  const ProgramManual& manual = options.manual;
  std::string page = "NAME\n" + Wrap(manual.name + " - " + manual.summary, kTextIndent);
  page += "\nSYNOPSIS\n" + Synopsis(options);
  page += "\nDESCRIPTION\n" + Wrap(manual.description, kTextIndent);
  page += "\nOPTIONS\n" + RenderOptions(options);
  page += "ENVIRONMENT\n" +
          Wrap("Each option can also be given as a variable: --log-level as " +
                   EnvironmentName("log-level") +
                   ". A flag beats a variable, and a variable beats the file. An empty variable "
                   "counts as unset.",
               kTextIndent);
  for (const ProgramManual::Section& section : manual.sections) {
    page += absl::StrFormat("\n%s\n", section.title);
    for (const std::string& paragraph : section.paragraphs) page += Wrap(paragraph, kTextIndent);
  }
  return page;
}

}  // namespace quorate::server
