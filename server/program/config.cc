#include "server/program/config.h"

#include <toml++/toml.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/quote.h"
#include "base/version.h"
#include "server/program/manual.h"

namespace quorate::server {
namespace {

constexpr char kEnvironmentPrefix[] = "QUORATE_";
constexpr char kConfigOption[] = "config";
constexpr char kDefaultSource[] = "default";

// An option's text, and the name of its source for error messages.
struct Given {
  std::string text;
  std::string source;
};
// By option name.
using Values = std::map<std::string, Given>;

absl::Status Unknown(std::string_view source, std::string_view kind, std::string_view name,
                     std::string_view nearest) {
  std::string message = absl::StrFormat("%sunknown %s '%s'", source, kind, Printable(name));
  if (!nearest.empty()) message += absl::StrFormat("; did you mean '%s'?", nearest);
  return absl::InvalidArgumentError(message);
}

std::vector<std::string> OptionNames(const ProgramOptions& options) {
  std::vector<std::string> names;
  for (const OptionGroup& group : options.groups) {
    for (const Option& option : group.options) names.push_back(option.name);
  }
  return names;
}

std::set<std::string> SwitchNames(const ProgramOptions& options) {
  std::set<std::string> names;
  for (const OptionGroup& group : options.groups) {
    for (const Option& option : group.options) {
      if (option.value_name.empty()) names.insert(option.name);
    }
  }
  return names;
}

// Returns a TOML value as the text that a flag would have for the same value.
absl::StatusOr<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  if (const auto* array = node.as_array()) {
    std::vector<std::string> items;
    for (const toml::node& item : *array) {
      if (item.is_array()) return absl::InvalidArgumentError("a list must not contain lists");
      ASSIGN_OR_RETURN(items.emplace_back(), TextOf(item));
    }
    return absl::StrJoin(items, ",");
  }
  if (node.is_table()) return absl::InvalidArgumentError("options must not be in tables");
  return absl::InvalidArgumentError(
      "expected a string, a whole number, a boolean or a list of them");
}

absl::Status ReadFile(const std::string& path, const std::vector<std::string>& names,
                      Values& values) {
  if (access(path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(
        absl::StrFormat("cannot read configuration file '%s': %s", path, strerror(errno)));
  }
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrFormat("%s:%d: %s", path, error.source().begin.line,
                                                      std::string(error.description())));
  }
  std::vector<std::string> keys;
  keys.reserve(names.size());
  for (const std::string& name : names) keys.push_back(FileKey(name));
  for (const auto& [key, node] : table) {
    const std::string where = absl::StrFormat("%s:%d: ", path, node.source().begin.line);
    const auto it = std::find(keys.begin(), keys.end(), key.str());
    if (it == keys.end()) return Unknown(where, "key", key.str(), NearestName(key.str(), keys));
    const absl::StatusOr<std::string> text = TextOf(node);
    if (!text.ok()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s%s: %s", where, *it, std::string(text.status().message())));
    }
    values[names[static_cast<size_t>(it - keys.begin())]] = {*text, where + *it};
  }
  return absl::OkStatus();
}

// Refuses an unknown QUORATE_ variable only if it looks like a misspelled option. Other variables
// may belong to another program (QUORATE_BOOTSTRAP) or to an orchestrator (QUORATE_SERVICE_HOST).
absl::Status ReadEnvironment(const std::map<std::string, std::string>& environment,
                             const std::vector<std::string>& names, Values& values) {
  std::vector<std::string> variables;
  variables.reserve(names.size());
  for (const std::string& name : names) variables.push_back(EnvironmentName(name));
  for (const auto& [variable, text] : environment) {
    if (text.empty() || !absl::StartsWith(variable, kEnvironmentPrefix)) continue;
    const auto it = std::find(variables.begin(), variables.end(), variable);
    if (it != variables.end()) {
      values[names[static_cast<size_t>(it - variables.begin())]] = {text, variable};
    } else if (const std::string nearest = NearestName(variable, variables); !nearest.empty()) {
      return Unknown("", "environment variable", variable, nearest);
    }
  }
  return absl::OkStatus();
}

struct Flags {
  Values values;
  bool check_config = false;
  bool help = false;
  bool version = false;
};

absl::StatusOr<Flags> ReadFlags(const std::vector<std::string>& names,
                                const std::set<std::string>& switches, int argc,
                                const char* const* argv) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  Flags flags;
  app.add_flag("--check-config", flags.check_config);
  app.add_flag("-h,--help", flags.help);
  app.add_flag("--version", flags.version);
  std::vector<std::vector<std::string>> texts(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (switches.count(names[i]) > 0) {
      app.add_flag("--" + names[i], texts[i]);
    } else {
      app.add_option("--" + names[i], texts[i])->type_name("value")->allow_extra_args(false);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  for (const std::string& extra : app.remaining()) {
    if (!absl::StartsWith(extra, "--")) {
      return absl::InvalidArgumentError(
          absl::StrFormat("unexpected argument '%s'", Printable(extra)));
    }
    std::vector<std::string> candidates = names;
    candidates.insert(candidates.end(), {"check-config", "help", "version"});
    const std::string nearest = NearestName(extra.substr(2, extra.find('=') - 2), candidates);
    return Unknown("", "flag", extra, nearest.empty() ? "" : "--" + nearest);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (texts[i].size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--%s is given %d times", names[i], texts[i].size()));
    }
    if (!texts[i].empty()) flags.values[names[i]] = {texts[i][0], "--" + names[i]};
  }
  return flags;
}

// Returns the value that an option has if no source gives it. The text is empty if it has none.
Given DefaultOf(const Option& option, const std::string& profile) {
  for (const auto& [name, text] : option.profile_defaults) {
    if (name == profile) return {text, absl::StrFormat("%s %s", kProfileOption, profile)};
  }
  return {option.default_text, kDefaultSource};
}

// Returns the profile that is given, which is checked when its option is set. Returns an empty
// string if none is.
std::string GivenProfile(const Values& values) {
  const auto it = values.find(kProfileOption);
  return it == values.end() ? "" : it->second.text;
}

absl::Status Apply(const Option& option, const Values& values, const std::string& profile) {
  const auto it = values.find(option.name);
  if (it == values.end()) {
    if (option.required) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s is not set: give --%s, %s, or %s in a configuration file", option.name, option.name,
          EnvironmentName(option.name), FileKey(option.name)));
    }
    const std::string text = DefaultOf(option, profile).text;
    if (!text.empty()) CHECK_OK(option.set(text));
    return absl::OkStatus();
  }
  absl::Status status = option.set(it->second.text);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: %s", it->second.source, std::string(status.message())));
}

// Returns `text` as a value in a TOML file that is read as the same text.
std::string TomlValue(const Option& option, const std::string& text) {
  int64_t number = 0;
  const bool is_number = absl::SimpleAtoi(text, &number) && std::to_string(number) == text;
  if (is_number || option.value_name.empty()) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += absl::StrFormat("\\u%04x", c);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// Returns the text of --check-config.
std::string RenderConfig(const ProgramOptions& options, const Values& values,
                         const std::vector<std::string>& warnings) {
  const std::string profile = GivenProfile(values);
  std::string text =
      absl::StrFormat("# %s %s: this configuration is valid.\n", options.manual.name, Version());
  for (const std::string& warning : warnings) text += absl::StrFormat("# Warning: %s.\n", warning);
  for (const OptionGroup& group : options.groups) {
    text += absl::StrFormat("\n# %s\n", group.title);
    for (const Option& option : group.options) {
      const std::string key = FileKey(option.name);
      const auto it = values.find(option.name);
      const Given given = it != values.end() ? it->second : DefaultOf(option, profile);
      if (it == values.end() && given.text.empty()) {
        text += absl::StrFormat("# %s is not set\n", key);
        continue;
      }
      text += absl::StrFormat("%s = %s  # %s\n", key, TomlValue(option, given.text), given.source);
    }
  }
  return text;
}

absl::Status Print(const std::string& text) {
  std::cout << text << std::flush;
  if (std::cout) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("cannot write standard output: %s", strerror(errno)));
}

// Returns how many characters must be inserted, deleted or replaced to turn `a` into `b`
// (Levenshtein distance).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t exchanged = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, exchanged});
    }
  }
  return row.back();
}

}  // namespace

std::string DescribeDefaults(const Option& option) {
  std::vector<std::string> of_profiles;
  for (const auto& [profile, text] : option.profile_defaults) {
    of_profiles.push_back(absl::StrFormat("%s: %s", profile, text));
  }
  if (of_profiles.empty()) return option.default_text;
  return absl::StrFormat("%s (%s)", option.default_text, absl::StrJoin(of_profiles, ", "));
}

std::string EnvironmentName(std::string_view option) {
  return kEnvironmentPrefix + absl::AsciiStrToUpper(FileKey(option));
}

std::string FileKey(std::string_view option) {
  std::string key(option);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string NearestName(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr size_t kMostSlips = 2;
  std::string nearest;
  size_t least = kMostSlips + 1;
  for (const std::string& candidate : candidates) {
    if (const size_t distance = EditDistance(name, candidate); distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

absl::StatusOr<ConfigOutcome> LoadConfig(const ProgramOptions& options, int argc,
                                         const char* const* argv,
                                         const std::map<std::string, std::string>& environment) {
  const std::vector<std::string> names = OptionNames(options);
  std::vector<std::string> names_and_config = names;
  names_and_config.emplace_back(kConfigOption);

  ASSIGN_OR_RETURN(const Flags flags,
                   ReadFlags(names_and_config, SwitchNames(options), argc, argv));
  if (flags.help || flags.version) {
    RETURN_IF_ERROR(Print(flags.help ? RenderManual(options)
                                     : absl::StrFormat("%s %s\n", options.manual.name, Version())));
    return ConfigOutcome::kShown;
  }
  Values from_environment;
  RETURN_IF_ERROR(ReadEnvironment(environment, names_and_config, from_environment));
  Values values = flags.values;
  values.merge(from_environment);
  if (const auto config = values.find(kConfigOption); config != values.end()) {
    Values from_file;
    RETURN_IF_ERROR(ReadFile(config->second.text, names, from_file));
    values.merge(from_file);
  }
  const std::string profile = GivenProfile(values);
  for (const OptionGroup& group : options.groups) {
    for (const Option& option : group.options) RETURN_IF_ERROR(Apply(option, values, profile));
  }
  std::vector<std::string> warnings;
  if (options.check) {
    ASSIGN_OR_RETURN(warnings, options.check());
  }
  if (!flags.check_config) return ConfigOutcome::kRun;
  RETURN_IF_ERROR(Print(RenderConfig(options, values, warnings)));
  return ConfigOutcome::kShown;
}

}  // namespace quorate::server
