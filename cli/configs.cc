#include "cli/configs.h"

#include <memory>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/request_id.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::ConfigChange;
using admin::v1::ConfigDescription;
using admin::v1::ConfigResource;
using client::AdminClient;
using client::CallFailure;

struct ResourceFlags {
  std::vector<std::string> topics;
  std::vector<std::string> brokers;

  std::vector<ConfigResource> Resources() const {
    std::vector<ConfigResource> resources;
    const auto add = [&](ConfigResource::Type type, const std::vector<std::string>& names) {
      for (const std::string& name : names) {
        resources.emplace_back().set_type(type);
        resources.back().set_name(name);
      }
    };
    add(ConfigResource::TOPIC, topics);
    add(ConfigResource::BROKER, brokers);
    return resources;
  }
};

void AddResourceFlags(CLI::App* verb, ResourceFlags* flags) {
  verb->add_option("--topic", flags->topics, "A topic. May be repeated.")
      ->type_name("NAME")
      ->allow_extra_args(false);
  verb->add_option("--broker", flags->brokers, "A registered broker. May be repeated.")
      ->type_name("ID")
      ->allow_extra_args(false);
}

constexpr char kNoResource[] = "no resource given: use --topic NAME or --broker ID";

std::string ResourceText(const ConfigResource& resource) {
  return (resource.type() == ConfigResource::TOPIC ? "topic " : "broker ") + resource.name();
}

std::string SourceText(ConfigDescription::Source source) {
  switch (source) {
    case ConfigDescription::DYNAMIC_TOPIC_CONFIG:
      return "topic";
    case ConfigDescription::DYNAMIC_BROKER_CONFIG:
      return "broker";
    default:
      return "default";
  }
}

struct DescribeFlags {
  ResourceFlags resources;
  std::vector<std::string> keys;
};

ExitCode Describe(Session& session, const DescribeFlags& flags) {
  admin::v1::DescribeConfigsRequest request;
  for (const ConfigResource& resource : flags.resources.Resources()) {
    auto* query = request.add_resources();
    *query->mutable_resource() = resource;
    query->mutable_keys()->Add(flags.keys.begin(), flags.keys.end());
  }
  if (request.resources().empty()) return session.RefuseUsage(kNoResource);
  request.set_allow_stale(session.settings().stale);
  const auto result = AdminClient(session.caller_options()).DescribeConfigs(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& response = std::get<admin::v1::DescribeConfigsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  Table table({{.title = "OF"},
               {.title = "KEY"},
               {.title = "VALUE"},
               {.title = "SET FOR"},
               {.title = "DEFAULT"}});
  for (const auto& item : response.results()) {
    if (item.has_error()) code = session.FailItem(ResourceText(item.resource()), item.error());
    for (const ConfigDescription& config : item.configs()) {
      table.AddRow({ResourceText(item.resource()), config.key(), config.value(),
                    SourceText(config.source()), config.default_value()});
    }
  }
  if (!session.json()) session.out() << table.ToString();
  return code;
}

void AddDescribe(CommandLine& line, CLI::App* configs) {
  auto flags = std::make_shared<DescribeFlags>();
  CLI::App* verb = line.AddCommand(
      configs,
      {.name = "describe",
       .summary = "show configs, including defaults",
       .description = "Prints for each config the effective value, whether it is set for the "
                      "topic, set for the broker or the default, and the default value.",
       .examples = {"quoratectl configs describe --topic orders",
                    "quoratectl configs describe --topic orders retention.ms",
                    "quoratectl configs describe --broker 1 --broker 2 --output json"}},
      CommonFlags::kReads, [flags](Session& session) { return Describe(session, *flags); });
  verb->add_option("KEY", flags->keys, "The configs to show. Default: all.");
  AddResourceFlags(verb, &flags->resources);
}

struct AlterFlags {
  ResourceFlags resources;
  std::vector<std::string> set;
  std::vector<std::string> unset;
  std::vector<std::string> append;
  std::vector<std::string> subtract;
  bool dry_run = false;
  std::string request_id;
};

absl::StatusOr<std::vector<ConfigChange>> MakeChanges(const AlterFlags& flags) {
  std::vector<ConfigChange> changes;
  const struct {
    const char* flag;
    ConfigChange::Operation operation;
    const std::vector<std::string>& texts;
  } with_value[] = {{"--set", ConfigChange::SET, flags.set},
                    {"--append", ConfigChange::APPEND, flags.append},
                    {"--subtract", ConfigChange::SUBTRACT, flags.subtract}};
  for (const auto& given : with_value) {
    for (const std::string& text : given.texts) {
      const auto entry = ParseConfig(text);
      if (!entry.ok()) {
        return absl::InvalidArgumentError(
            absl::StrFormat("%s: %s", given.flag, entry.status().message()));
      }
      ConfigChange& change = changes.emplace_back();
      change.set_key(entry->key());
      change.set_operation(given.operation);
      change.set_value(entry->value());
    }
  }
  for (const std::string& key : flags.unset) {
    ConfigChange& change = changes.emplace_back();
    change.set_key(key);
    change.set_operation(ConfigChange::DELETE);
  }
  if (changes.empty()) {
    return absl::InvalidArgumentError(
        "no change given: use --set KEY=VALUE, --delete KEY, --append or --subtract KEY=WORDS");
  }
  return changes;
}

ExitCode Alter(Session& session, const AlterFlags& flags) {
  const auto changes = MakeChanges(flags);
  if (!changes.ok()) return session.RefuseUsage(std::string(changes.status().message()));
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return session.RefuseUsage(std::string(id.status().message()));
  admin::v1::IncrementalAlterConfigsRequest request;
  *request.mutable_request_id() = *id;
  request.set_validate_only(flags.dry_run);
  for (const ConfigResource& resource : flags.resources.Resources()) {
    auto* item = request.add_resources();
    *item->mutable_resource() = resource;
    item->mutable_changes()->Add(changes->begin(), changes->end());
  }
  if (request.resources().empty()) return session.RefuseUsage(kNoResource);

  const auto result = AdminClient(session.caller_options()).IncrementalAlterConfigs(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request.request_id()));
  }
  const auto& response = std::get<admin::v1::IncrementalAlterConfigsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& item : response.results()) {
    const std::string name = ResourceText(item.resource());
    if (item.has_error()) {
      code = session.FailItem(name, item.error());
    } else {
      session.Say(flags.dry_run ? absl::StrFormat("The configs of %s could be altered.", name)
                                : absl::StrFormat("Altered the configs of %s.", name));
    }
  }
  return code;
}

void AddAlter(CommandLine& line, CLI::App* configs) {
  auto flags = std::make_shared<AlterFlags>();
  CLI::App* verb = line.AddCommand(
      configs,
      {.name = "alter",
       .summary = "change configs",
       .description =
           "Makes either all changes of a topic or broker, or none of them. One topic or "
           "broker may be refused while another is altered. Enabling "
           "unclean.leader.election.enable elects leaders for partitions that have none, "
           "and may lose data that only their in-sync replicas have.",
       .examples = {"quoratectl configs alter --topic orders --set retention.ms=3600000",
                    "quoratectl configs alter --topic orders --delete retention.ms",
                    "quoratectl configs alter --topic orders --append cleanup.policy=compact",
                    "quoratectl configs alter --broker 1 --set num.replica.fetchers=4 --dry-run"}},
      CommonFlags::kCluster, [flags](Session& session) { return Alter(session, *flags); });
  const auto add = [verb](const char* name, std::vector<std::string>* texts, const char* type,
                          const char* help) {
    verb->add_option(name, *texts, help)->type_name(type)->allow_extra_args(false);
  };
  AddResourceFlags(verb, &flags->resources);
  add("--set", &flags->set, "KEY=VALUE", "Set a config. May be repeated.");
  add("--delete", &flags->unset, "KEY", "Restore the default. May be repeated.");
  add("--append", &flags->append, "KEY=WORDS",
      "Append words to a list unless it already contains them.");
  add("--subtract", &flags->subtract, "KEY=WORDS", "Remove words from a list.");
  verb->add_flag("--dry-run", flags->dry_run, "Check the request without changing anything.");
  AddRequestIdFlag(verb, &flags->request_id);
}

}  // namespace

void AddConfigs(CommandLine& line) {
  CLI::App* configs = line.AddNoun("configs", "show and change configs of topics and brokers");
  AddDescribe(line, configs);
  AddAlter(line, configs);
}

}  // namespace quorate::cli
