#include "cli/configs.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/config_changes.h"
#include "cli/config_reference.h"
#include "cli/config_resources.h"
#include "cli/json.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::ConfigDescription;
using client::AdminClient;
using client::CallFailure;

std::string SourceText(ConfigDescription::Source source) {
  switch (source) {
    case ConfigDescription::DYNAMIC_TOPIC_CONFIG:
      return "topic";
    case ConfigDescription::DYNAMIC_BROKER_CONFIG:
      return "broker";
    case ConfigDescription::DYNAMIC_DEFAULT_BROKER_CONFIG:
      return "broker default";
    default:
      return "built in";
  }
}

// Returns the value, or what stands for a secret that is set.
std::string ValueText(const ConfigDescription& config) {
  const bool is_set = config.source() != ConfigDescription::DEFAULT_CONFIG;
  return config.is_sensitive() && is_set ? "(secret)" : config.value();
}

// Returns where else the config is set, e.g. "broker default: log.retention.ms=5".
std::string OthersText(const ConfigDescription& config) {
  std::vector<std::string> texts;
  for (int i = 1; i < config.synonyms_size(); ++i) {
    const auto& synonym = config.synonyms(i);
    texts.push_back(absl::StrFormat("%s: %s=%s", SourceText(synonym.source()), synonym.key(),
                                    config.is_sensitive() ? "(secret)" : synonym.value()));
  }
  return absl::StrJoin(texts, ", ");
}

struct DescribeFlags {
  ConfigResourceFlags resources;
  std::vector<std::string> keys;
  bool only_set = false;
  bool synonyms = false;
};

std::string DescriptionText(const admin::v1::DescribeConfigsResponse& response,
                            const DescribeFlags& flags) {
  std::vector<Table::Column> columns = {{.title = "OF"},
                                        {.title = "KEY"},
                                        {.title = "VALUE"},
                                        {.title = "SOURCE"},
                                        {.title = flags.synonyms ? "OTHERWISE" : "DEFAULT"}};
  Table table(std::move(columns));
  for (const auto& item : response.results()) {
    for (const ConfigDescription& config : item.configs()) {
      table.AddRow({ConfigResourceText(item.resource()), config.key(), ValueText(config),
                    SourceText(config.source()),
                    flags.synonyms ? OthersText(config) : config.default_value()});
    }
  }
  return table.ToString();
}

// Removes the configs to which the built-in default applies.
void KeepWhatIsSet(admin::v1::DescribeConfigsResponse* response) {
  for (auto& item : *response->mutable_results()) {
    auto* configs = item.mutable_configs();
    configs->erase(std::remove_if(configs->begin(), configs->end(),
                                  [](const ConfigDescription& config) {
                                    return config.source() == ConfigDescription::DEFAULT_CONFIG;
                                  }),
                   configs->end());
  }
}

ExitCode Describe(Session& session, const DescribeFlags& flags) {
  admin::v1::DescribeConfigsRequest request;
  for (const auto& resource : flags.resources.Resources()) {
    auto* query = request.add_resources();
    *query->mutable_resource() = resource;
    query->mutable_keys()->Add(flags.keys.begin(), flags.keys.end());
  }
  if (request.resources().empty()) return session.RefuseUsage(kNoConfigResource);
  request.set_allow_stale(session.settings().stale);
  request.set_include_synonyms(flags.synonyms || session.json());
  request.set_include_documentation(session.json());
  auto result = AdminClient(session.caller_options()).DescribeConfigs(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  auto& response = std::get<admin::v1::DescribeConfigsResponse>(result);
  if (flags.only_set) KeepWhatIsSet(&response);
  ExitCode code = ExitCode::kDone;
  for (const auto& item : response.results()) {
    if (item.has_error())
      code = session.FailItem(ConfigResourceText(item.resource()), item.error());
  }
  session.out() << (session.json() ? JsonText(ToJson(response)) : DescriptionText(response, flags));
  return code;
}

void AddDescribe(CommandLine& line, CLI::App* configs) {
  auto flags = std::make_shared<DescribeFlags>();
  CLI::App* verb = line.AddCommand(
      configs,
      {.name = "describe",
       .summary = "show configs, including defaults",
       .description =
           "Prints for each config the value that applies, where it is set (for the topic, for the "
           "broker, or as the default of all brokers; otherwise it is built in), and the built-in "
           "default. For a topic, the configs of single brokers do not count, because they may "
           "differ. Secrets are not printed. 'quoratectl configs list' explains the keys. JSON has "
           "the documentation and all places where a value is set.",
       .examples = {"quoratectl configs describe --topic orders",
                    "quoratectl configs describe --topic orders retention.ms",
                    "quoratectl configs describe --broker-default --only-set",
                    "quoratectl configs describe --broker 1 --broker 2 --output json"}},
      CommonFlags::kReads, [flags](Session& session) { return Describe(session, *flags); });
  verb->add_option("KEY", flags->keys, "The configs to show. Default: all.");
  AddConfigResourceFlags(verb, &flags->resources);
  verb->add_flag("--only-set", flags->only_set,
                 "Leave out the configs to which the built-in default applies.");
  verb->add_flag("--synonyms", flags->synonyms,
                 "Show what would apply otherwise: the settings that the value overrides.");
}

}  // namespace

void AddConfigs(CommandLine& line) {
  CLI::App* configs =
      line.AddNoun("configs", "explain, show and change configs of topics and brokers");
  AddConfigsList(line, configs);
  AddDescribe(line, configs);
  AddConfigsAlter(line, configs);
}

}  // namespace quorate::cli
