#include "cli/config_changes.h"

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/config_resources.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/request_id.h"
#include "client/admin_client.h"
#include "security/file_reader.h"

namespace quorate::cli {
namespace {

using admin::v1::ConfigChange;
using client::AdminClient;
using client::CallFailure;

// Far more than a value may have.
constexpr size_t kMaxValueFileBytes = 1 << 20;

struct AlterFlags {
  ConfigResourceFlags resources;
  std::vector<std::string> set;
  std::vector<std::string> set_files;
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
    // Whether a text names the file that holds the value.
    bool is_file = false;
  } with_value[] = {{"--set", ConfigChange::SET, flags.set},
                    {"--append", ConfigChange::APPEND, flags.append},
                    {"--subtract", ConfigChange::SUBTRACT, flags.subtract},
                    {"--set-file", ConfigChange::SET, flags.set_files, /*is_file=*/true}};
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
      if (!given.is_file) continue;
      ASSIGN_OR_RETURN(*change.mutable_value(),
                       security::ReadFile(absl::StrFormat("%s '%s'", given.flag, entry->value()),
                                          entry->value(), kMaxValueFileBytes));
    }
  }
  for (const std::string& key : flags.unset) {
    ConfigChange& change = changes.emplace_back();
    change.set_key(key);
    change.set_operation(ConfigChange::DELETE);
  }
  if (changes.empty()) {
    return absl::InvalidArgumentError(
        "no change given: use --set KEY=VALUE, --set-file KEY=FILE, --delete KEY, --append or "
        "--subtract KEY=WORDS");
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
  for (const auto& resource : flags.resources.Resources()) {
    auto* item = request.add_resources();
    *item->mutable_resource() = resource;
    item->mutable_changes()->Add(changes->begin(), changes->end());
  }
  if (request.resources().empty()) return session.RefuseUsage(kNoConfigResource);

  const auto result = AdminClient(session.caller_options()).IncrementalAlterConfigs(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request.request_id()));
  }
  const auto& response = std::get<admin::v1::IncrementalAlterConfigsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& item : response.results()) {
    const std::string name = ConfigResourceText(item.resource());
    if (item.has_error()) {
      code = session.FailItem(name, item.error());
    } else {
      session.Say(flags.dry_run ? absl::StrFormat("The configs of %s could be altered.", name)
                                : absl::StrFormat("Altered the configs of %s.", name));
    }
  }
  return code;
}

}  // namespace

void AddConfigsAlter(CommandLine& line, CLI::App* configs) {
  auto flags = std::make_shared<AlterFlags>();
  CLI::App* verb = line.AddCommand(
      configs,
      {.name = "alter",
       .summary = "change configs",
       .description =
           "Makes either all changes of a topic or broker, or none of them. One topic or "
           "broker may be refused while another is altered. Enabling "
           "unclean.leader.election.enable elects leaders for partitions that have none, "
           "and may lose data that only their in-sync replicas have. As the default of all "
           "brokers it does so for all topics that do not set it themselves.",
       .examples = {"quoratectl configs alter --topic orders --set retention.ms=3600000",
                    "quoratectl configs alter --topic orders --delete retention.ms",
                    "quoratectl configs alter --topic orders --append cleanup.policy=compact",
                    "quoratectl configs alter --broker-default --set log.retention.ms=3600000",
                    "quoratectl configs alter --broker 1 --set num.replica.fetchers=4 --dry-run"}},
      CommonFlags::kCluster, [flags](Session& session) { return Alter(session, *flags); });
  const auto add = [verb](const char* name, std::vector<std::string>* texts, const char* type,
                          const char* help) {
    verb->add_option(name, *texts, help)->type_name(type)->allow_extra_args(false);
  };
  AddConfigResourceFlags(verb, &flags->resources);
  add("--set", &flags->set, "KEY=VALUE", "Set a config. May be repeated.");
  add("--set-file", &flags->set_files, "KEY=FILE",
      "Set a config to the content of a file. A secret is then not in the command line.");
  add("--delete", &flags->unset, "KEY",
      "Remove the setting, so that what it overrides applies. May be repeated.");
  add("--append", &flags->append, "KEY=WORDS",
      "Append words to a list unless it already contains them.");
  add("--subtract", &flags->subtract, "KEY=WORDS", "Remove words from a list.");
  verb->add_flag("--dry-run", flags->dry_run, "Check the request without changing anything.");
  AddRequestIdFlag(verb, &flags->request_id);
}

}  // namespace quorate::cli
