#include "cli/manual_formatter.h"

#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/wrap_text.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

constexpr int kTextIndent = 4;
constexpr int kHelpIndent = 12;

std::string Summary(const CLI::App* app) {
  const std::string text = app->get_description();
  return text.substr(0, text.find('\n'));
}

std::string Description(const CLI::App* app) {
  const std::string text = app->get_description();
  const size_t newline = text.find('\n');
  return newline == std::string::npos ? "" : text.substr(newline + 1);
}

std::vector<const CLI::Option*> Options(const CLI::App* app, const std::string& group) {
  return app->get_options([&](const CLI::Option* option) {
    return option->get_group() == group && !option->get_positional();
  });
}

std::vector<const CLI::Option*> Positionals(const CLI::App* app) {
  return app->get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<const CLI::App*> Subcommands(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App*) { return true; });
}

bool TakesMany(const CLI::Option* option) { return option->get_expected_max() > 1; }

std::string PositionalName(const CLI::Option* option) {
  const std::string name = option->get_name(/*positional=*/true);
  const std::string repeated = TakesMany(option) ? name + "..." : name;
  return option->get_required() ? repeated : "[" + repeated + "]";
}

std::string Synopsis(const CLI::App* app, const std::string& name) {
  std::string line = name;
  if (!Subcommands(app).empty()) {
    line += app->get_parent() == nullptr ? " NOUN VERB [NAME]..." : " VERB [NAME]...";
  }
  for (const CLI::Option* option : Positionals(app)) line += " " + PositionalName(option);
  for (const CLI::Option* option : Options(app, kOwnFlags)) {
    if (option->get_required()) {
      line += absl::StrFormat(" %s %s", option->get_name(), option->get_type_name());
    }
  }
  return WrapText(line + " [--OPTION]...", kTextIndent);
}

std::string OptionText(const std::string& heading, const std::string& help) {
  return absl::StrFormat("    %s\n%s", heading, WrapText(help, kHelpIndent));
}

std::string OptionsSection(const CLI::App* app, const std::string& group) {
  const bool own = group == kOwnFlags;
  std::string text;
  if (own) {
    for (const CLI::Option* option : Positionals(app)) {
      text += OptionText(option->get_name(/*positional=*/true), option->get_description());
    }
  }
  for (const CLI::Option* option : Options(app, group)) {
    const std::string value = option->get_type_name();
    text += OptionText(value.empty() ? option->get_name() : option->get_name() + " " + value,
                       option->get_description());
  }
  return text.empty() ? "" : absl::StrFormat("\n%s\n%s", group, text);
}

// Adds a row for each command below `app`, with its nouns.
void AddCommands(const CLI::App* app, const std::string& prefix, Table& table) {
  for (const CLI::App* sub : Subcommands(app)) {
    const std::string name = prefix.empty() ? sub->get_name() : prefix + " " + sub->get_name();
    if (Subcommands(sub).empty()) {
      table.AddRow({name, Summary(sub)});
    } else {
      AddCommands(sub, name, table);
    }
  }
}

std::string CommandsSection(const CLI::App* app) {
  if (Subcommands(app).empty()) return "";
  Table table({{.title = ""}, {.title = ""}});
  AddCommands(app, "", table);
  return "\nCOMMANDS\n" + table.ToString(kTextIndent);
}

std::string ExamplesSection(const CLI::App* app) {
  if (app->get_footer().empty()) return "";
  std::string text = "\nEXAMPLES\n";
  for (const auto line : absl::StrSplit(app->get_footer(), '\n')) {
    text += absl::StrFormat("    %s\n", std::string(line));
  }
  return text;
}

}  // namespace

std::string ManualFormatter::make_help(const CLI::App* app, std::string name,
                                       CLI::AppFormatMode /*mode*/) const {
  std::string page = absl::StrFormat("NAME\n    %s - %s\n\nSYNOPSIS\n", name, Summary(app));
  page += Synopsis(app, name);
  if (!Description(app).empty())
    page += "\nDESCRIPTION\n" + WrapText(Description(app), kTextIndent);
  page += CommandsSection(app);
  page += OptionsSection(app, kOwnFlags);
  page += OptionsSection(app, kCommonFlags);
  page += "\nEXIT STATUS\n" + exit_statuses_;
  return page + ExamplesSection(app);
}

}  // namespace quorate::cli
