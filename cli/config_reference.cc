#include "cli/config_reference.h"

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/json.h"
#include "cli/text.h"
#include "metadata/configs/config_keys.h"
#include "metadata/configs/config_value.h"

namespace quorate::cli {
namespace {

using metadata::ConfigKey;
using metadata::ConfigListener;
using metadata::ConfigResourceType;
using metadata::ConfigType;
using metadata::ConfigUpdate;

// A key of one kind of resource.
struct Entry {
  ConfigResourceType type = ConfigResourceType::kTopic;
  const ConfigKey* key = nullptr;
};

const char* EntityText(ConfigResourceType type) {
  return type == ConfigResourceType::kTopic ? "topic" : "broker";
}

const char* TypeText(ConfigType type) {
  switch (type) {
    case ConfigType::kBoolean:
      return "boolean";
    case ConfigType::kString:
      return "string";
    case ConfigType::kInt:
      return "int";
    case ConfigType::kShort:
      return "short";
    case ConfigType::kLong:
      return "long";
    case ConfigType::kDouble:
      return "double";
    case ConfigType::kList:
      return "list";
    case ConfigType::kClass:
      return "class";
    case ConfigType::kPassword:
      return "password";
  }
  return "";
}

const char* UpdateText(const ConfigKey& key) {
  switch (key.update) {
    case ConfigUpdate::kTopic:
      return "a topic";
    case ConfigUpdate::kPerBroker:
      return key.listener == ConfigListener::kRequired ? "a listener of a broker" : "a broker";
    case ConfigUpdate::kClusterWide:
      return "a broker, or the default of all brokers";
    case ConfigUpdate::kDefaultOnly:
      return "the default of all brokers";
    case ConfigUpdate::kReadOnly:
      return "the configuration file of a broker only";
  }
  return "";
}

// Returns under which name the key is set for one listener, or an empty text.
std::string ListenerText(const ConfigKey& key) {
  switch (key.listener) {
    case ConfigListener::kNever:
      return "";
    case ConfigListener::kAllowed:
    case ConfigListener::kRequired:
      return absl::StrFormat("listener.name.LISTENER.%s", key.name);
    case ConfigListener::kAllowedForMechanism:
      return absl::StrFormat(
          "listener.name.LISTENER.%s or, for one SASL mechanism, "
          "listener.name.LISTENER.MECHANISM.%s",
          key.name, key.name);
  }
  return "";
}

std::vector<std::string> SynonymsOf(const ConfigKey& key) {
  std::vector<std::string> names;
  for (const ConfigKey* next = metadata::SynonymOf(key); next != nullptr;
       next = metadata::SynonymOf(*next)) {
    names.emplace_back(next->name);
  }
  return names;
}

// Returns the keys of both kinds, or of one if `entity` says so.
std::vector<Entry> EntriesOf(const std::string& entity) {
  std::vector<Entry> entries;
  for (const auto type : {ConfigResourceType::kTopic, ConfigResourceType::kBroker}) {
    if (!entity.empty() && entity != EntityText(type)) continue;
    for (const ConfigKey& key : metadata::ConfigKeysOf(type)) entries.push_back({type, &key});
  }
  return entries;
}

// Returns the entries of the named keys, in the order of the names.
absl::StatusOr<std::vector<Entry>> EntriesOf(const std::string& entity,
                                             const std::vector<std::string>& names) {
  std::vector<Entry> entries;
  for (const std::string& name : names) {
    const size_t before = entries.size();
    for (const auto type : {ConfigResourceType::kTopic, ConfigResourceType::kBroker}) {
      if (!entity.empty() && entity != EntityText(type)) continue;
      if (const ConfigKey* key = metadata::FindConfigKey(type, name))
        entries.push_back({type, key});
    }
    if (entries.size() == before) {
      return metadata::UnknownConfigKey(entity == EntityText(ConfigResourceType::kBroker)
                                            ? ConfigResourceType::kBroker
                                            : ConfigResourceType::kTopic,
                                        name);
    }
  }
  return entries;
}

Json ToJson(const Entry& entry) {
  const ConfigKey& key = *entry.key;
  return {{"entity", EntityText(entry.type)},
          {"key", key.name},
          {"type", TypeText(key.type)},
          {"default", metadata::DefaultConfigValue(key)},
          {"values", metadata::ConfigValuesText(key)},
          {"set_for", UpdateText(key)},
          {"listener_key", ListenerText(key)},
          {"synonyms", SynonymsOf(key)},
          {"is_sensitive", key.is_sensitive()},
          {"documentation", key.documentation}};
}

std::string TableText(const std::vector<Entry>& entries) {
  Table table({{.title = "OF"},
               {.title = "KEY"},
               {.title = "TYPE"},
               {.title = "DEFAULT"},
               {.title = "WHAT IT DOES"}});
  for (const Entry& entry : entries) {
    table.AddRow({EntityText(entry.type), std::string(entry.key->name), TypeText(entry.key->type),
                  metadata::DefaultConfigValue(*entry.key), std::string(entry.key->documentation)});
  }
  return table.ToString();
}

// Explains one key in several lines.
std::string DetailsOf(const Entry& entry) {
  const ConfigKey& key = *entry.key;
  Table table({{}, {}});
  table.AddRow({"type", TypeText(key.type)});
  table.AddRow({"values", metadata::ConfigValuesText(key)});
  const std::string default_value = metadata::DefaultConfigValue(key);
  table.AddRow({"default", default_value.empty() ? "none" : default_value});
  table.AddRow({"set for", UpdateText(key)});
  const std::string of_listener = ListenerText(key);
  if (!of_listener.empty()) table.AddRow({"for a listener", of_listener});
  const std::vector<std::string> synonyms = SynonymsOf(key);
  if (!synonyms.empty()) {
    const char* whose = entry.type == ConfigResourceType::kTopic ? "the brokers' " : "";
    table.AddRow({"if not set", whose + absl::StrJoin(synonyms, ", then ")});
  }
  return absl::StrFormat("%s (%s)\n  %s\n%s", key.name, EntityText(entry.type), key.documentation,
                         table.ToString(2));
}

struct Flags {
  std::string entity;
  std::vector<std::string> keys;
};

ExitCode List(Session& session, const Flags& flags) {
  auto entries = absl::StatusOr<std::vector<Entry>>(EntriesOf(flags.entity));
  if (!flags.keys.empty()) entries = EntriesOf(flags.entity, flags.keys);
  if (!entries.ok()) return session.Fail(entries.status());
  if (session.json()) {
    Json configs = Json::array();
    for (const Entry& entry : *entries) configs.push_back(ToJson(entry));
    session.out() << JsonText({{"configs", std::move(configs)}});
  } else if (flags.keys.empty()) {
    session.out() << TableText(*entries);
  } else {
    session.out() << absl::StrJoin(*entries, "\n", [](std::string* text, const Entry& entry) {
      absl::StrAppend(text, DetailsOf(entry));
    });
  }
  return ExitCode::kDone;
}

}  // namespace

void AddConfigsList(CommandLine& line, CLI::App* configs) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = line.AddCommand(
      configs,
      {.name = "list",
       .summary = "explain the configuration keys",
       .description = "Prints all keys of topics and brokers with their types, defaults and "
                      "meanings. With KEY, prints everything about these keys: which values they "
                      "take, where they can be set, and which other keys apply if they are not "
                      "set. Makes no calls.",
       .examples = {"quoratectl configs list", "quoratectl configs list --entity topic",
                    "quoratectl configs list retention.ms log.retention.ms"}},
      CommonFlags::kOutput, [flags](Session& session) { return List(session, *flags); });
  verb->add_option("KEY", flags->keys, "The keys to explain. Default: all.");
  verb->add_option("--entity", flags->entity, "Only the keys of topics or of brokers.")
      ->type_name("topic|broker")
      ->check(CLI::IsMember({"topic", "broker"}));
}

}  // namespace quorate::cli
