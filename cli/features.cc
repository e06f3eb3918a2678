#include "cli/features.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/request_id.h"
#include "cli/text.h"
#include "client/admin_client.h"
#include "metadata/broker_details.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;
using admin::v1::UpdateFeaturesRequest;
using client::AdminClient;
using client::CallFailure;

using metadata::kMetadataVersionFeature;

// 0 stands for a version that is not known.
std::string VersionText(uint32_t version) {
  return version == 0 ? kNotKnown : std::to_string(version);
}

// Returns the highest metadata version that all programs support whose version is known. Returns 0
// if none is known.
uint32_t SupportedByAll(const DescribeClusterResponse& cluster) {
  uint32_t lowest = 0;
  const auto add = [&lowest](uint32_t version) {
    if (version != 0) lowest = lowest == 0 ? version : std::min(lowest, version);
  };
  for (const auto& controller : cluster.controllers()) add(controller.max_metadata_version());
  for (const auto& broker : cluster.brokers()) add(broker.max_metadata_version());
  return lowest;
}

// Returns the highest level of a feature that the answering controller and all registered brokers
// support.
uint32_t SupportedByAll(const DescribeClusterResponse& cluster,
                        const DescribeClusterResponse::Feature& feature) {
  uint32_t lowest = feature.max_level();
  for (const auto& broker : cluster.brokers()) {
    // A broker supports only level 0 of a feature that it does not name.
    uint32_t max_level = 0;
    for (const auto& range : broker.features()) {
      if (range.name() == feature.name()) max_level = range.max_level();
    }
    lowest = std::min(lowest, max_level);
  }
  return lowest;
}

// Returns the finalized level of each feature by name, as far as the answering controller knows
// the features.
std::map<std::string, uint32_t> LevelsOf(const DescribeClusterResponse& cluster) {
  std::map<std::string, uint32_t> levels;
  for (const auto& feature : cluster.features()) levels[feature.name()] = feature.level();
  if (cluster.metadata_version() != 0) {
    levels[std::string(kMetadataVersionFeature)] = cluster.metadata_version();
  }
  return levels;
}

Json FeaturesJson(const DescribeClusterResponse& cluster) {
  const auto version_json = [](uint32_t version) {
    return version == 0 ? Json(nullptr) : Json(version);
  };
  Json features = Json::array({{{"feature", std::string(kMetadataVersionFeature)},
                                {"finalized_level", version_json(cluster.metadata_version())},
                                {"supported_level", version_json(SupportedByAll(cluster))}}});
  for (const auto& feature : cluster.features()) {
    features.push_back({{"feature", feature.name()},
                        {"finalized_level", feature.level()},
                        {"supported_level", SupportedByAll(cluster, feature)}});
  }
  Json controllers = Json::array();
  for (const auto& controller : cluster.controllers()) {
    controllers.push_back(
        {{"node_id", controller.node_id()},
         {"observer", controller.observer()},
         {"max_metadata_version", version_json(controller.max_metadata_version())}});
  }
  Json brokers = Json::array();
  for (const auto& broker : cluster.brokers()) {
    brokers.push_back({{"broker_id", broker.broker_id()},
                       {"fenced", broker.fenced()},
                       {"max_metadata_version", version_json(broker.max_metadata_version())}});
  }
  return {{"features", std::move(features)},
          {"controllers", std::move(controllers)},
          {"brokers", std::move(brokers)},
          {"end_offset", cluster.end_offset()},
          {"from_active_controller", cluster.from_active_controller()}};
}

ExitCode Describe(Session& session) {
  admin::v1::DescribeClusterRequest request;
  request.set_allow_stale(session.settings().stale);
  const auto result = AdminClient(session.caller_options()).DescribeCluster(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& cluster = std::get<DescribeClusterResponse>(result);
  session.out() << (session.json() ? JsonText(FeaturesJson(cluster)) : FeaturesText(cluster));
  return ExitCode::kDone;
}

struct UpdateFlags {
  std::optional<int32_t> metadata_version;
  // NAME=LEVEL.
  std::vector<std::string> features;
  bool dry_run = false;
  std::string request_id;
};

// Adds the updates of --feature. INVALID_ARGUMENT names the flag.
absl::Status AddUpdates(const UpdateFlags& flags, bool downgrade, UpdateFeaturesRequest* request) {
  for (const std::string& text : flags.features) {
    auto update = ParseFeatureLevel(text);
    if (!update.ok()) {
      return absl::InvalidArgumentError("--feature: " + std::string(update.status().message()));
    }
    update->set_downgrade(downgrade);
    *request->add_updates() = *std::move(update);
  }
  return absl::OkStatus();
}

// `before`: nullopt if it is not known.
std::string ResultText(const std::string& feature, std::optional<uint32_t> before, uint32_t level,
                       bool dry_run) {
  if (before == level) return absl::StrFormat("%s is already %d.", feature, level);
  const std::string from = before ? absl::StrFormat(" from %d", *before) : "";
  const bool is_lower = before && level < *before;
  if (dry_run) {
    return absl::StrFormat("%s could be %s%s to %d.", feature, is_lower ? "lowered" : "raised",
                           from, level);
  }
  return absl::StrFormat("%s %s%s to %d.", is_lower ? "Lowered" : "Raised", feature, from, level);
}

// Sends the request and prints its results.
ExitCode Update(Session& session, AdminClient& client, const UpdateFeaturesRequest& request,
                const std::map<std::string, uint32_t>& before) {
  const auto result = client.UpdateFeatures(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request.request_id()));
  }
  const auto& response = std::get<admin::v1::UpdateFeaturesResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (int i = 0; i < response.results_size() && i < request.updates_size(); ++i) {
    const auto& item = response.results(i);
    if (item.has_error()) {
      code = session.FailItem(item.feature(), item.error());
      continue;
    }
    const auto it = before.find(item.feature());
    const auto old = it == before.end() ? std::nullopt : std::optional(it->second);
    session.Say(
        ResultText(item.feature(), old, request.updates(i).level(), request.validate_only()));
  }
  return code;
}

ExitCode Upgrade(Session& session, const UpdateFlags& flags) {
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return session.RefuseUsage(std::string(id.status().message()));
  UpdateFeaturesRequest request;
  *request.mutable_request_id() = *id;
  request.set_validate_only(flags.dry_run);
  if (const auto status = AddUpdates(flags, /*downgrade=*/false, &request); !status.ok()) {
    return session.RefuseUsage(std::string(status.message()));
  }
  AdminClient client(session.caller_options());
  const auto described = client.DescribeCluster({});
  if (const auto* failure = std::get_if<CallFailure>(&described)) return session.Fail(*failure);
  const auto& cluster = std::get<DescribeClusterResponse>(described);
  const uint32_t before = cluster.metadata_version();
  if (before == 0) {
    return session.Fail(absl::FailedPreconditionError(absl::StrFormat(
        "the active controller, %d, is too old to raise %s: start the new program there",
        cluster.active_controller_id(), kMetadataVersionFeature)));
  }
  const bool is_default = !flags.metadata_version && flags.features.empty();
  if (is_default || flags.metadata_version) {
    auto* update = request.add_updates();
    update->set_feature(std::string(kMetadataVersionFeature));
    update->set_level(flags.metadata_version ? static_cast<uint32_t>(*flags.metadata_version)
                                             : std::max(before, SupportedByAll(cluster)));
  }
  const ExitCode code = Update(session, client, request, LevelsOf(cluster));
  if (code == ExitCode::kDone && is_default && before == request.updates(0).level()) {
    session.Say(
        "No higher version is supported by all programs: 'quoratectl features describe' shows what "
        "each of them supports.");
  }
  return code;
}

ExitCode Downgrade(Session& session, const UpdateFlags& flags) {
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return session.RefuseUsage(std::string(id.status().message()));
  UpdateFeaturesRequest request;
  *request.mutable_request_id() = *id;
  request.set_validate_only(flags.dry_run);
  if (const auto status = AddUpdates(flags, /*downgrade=*/true, &request); !status.ok()) {
    return session.RefuseUsage(std::string(status.message()));
  }
  AdminClient client(session.caller_options());
  const auto described = client.DescribeCluster({});
  if (const auto* failure = std::get_if<CallFailure>(&described)) return session.Fail(*failure);
  return Update(session, client, request, LevelsOf(std::get<DescribeClusterResponse>(described)));
}

void AddDescribe(CommandLine& line, CLI::App* features) {
  line.AddCommand(
      features,
      {.name = "describe",
       .summary = "show the level of each feature, and what each program supports",
       .description =
           "FINALIZED is the level in the log, which all controllers and brokers follow. SUPPORTED "
           "is the highest level that all programs support whose version is known. For each "
           "program, '?' means that the answering controller does not know it: the active "
           "controller knows the controllers in session and the brokers that have sent it a "
           "heartbeat. For features other than metadata.version, what the registered brokers "
           "support counts. Level 0 means that the cluster does not use the feature.",
       .examples = {"quoratectl features describe",
                    "quoratectl features describe --output json | jq '.features[0]'"}},
      CommonFlags::kReads, Describe);
}

CLI::Option* AddUpdateFlags(CLI::App* verb, UpdateFlags* flags) {
  CLI::Option* feature =
      verb->add_option("--feature", flags->features,
                       "A feature and its new level. May be given several times.")
          ->type_name("NAME=LEVEL")
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_flag("--dry-run", flags->dry_run, "Check the change without making it.");
  AddRequestIdFlag(verb, &flags->request_id);
  return feature;
}

void AddUpgrade(CommandLine& line, CLI::App* features) {
  auto flags = std::make_shared<UpdateFlags>();
  CLI::App* verb = line.AddCommand(
      features,
      {.name = "upgrade",
       .summary = "raise metadata.version or other features, after all programs are new",
       .description =
           "Raises the version of the record formats in the log, so that the controllers may use "
           "what came with it. This cannot be undone: an older program ends when it reads the new "
           "version. The upgrade is therefore refused while a voter is not in session, or while a "
           "controller or broker in session does not support the version. The message names up to "
           "ten of them. When the command ends, the new version is committed.\n"
           "With --feature, raises the level of other features, e.g. of "
           "eligible.leader.replicas.version. All registered brokers must support the level. "
           "'quoratectl features downgrade' undoes this.",
       .examples = {"quoratectl features upgrade", "quoratectl features upgrade --dry-run",
                    "quoratectl features upgrade --metadata-version 2",
                    "quoratectl features upgrade --feature eligible.leader.replicas.version=1"}},
      CommonFlags::kCluster, [flags](Session& session) { return Upgrade(session, *flags); });
  verb->add_option("--metadata-version", flags->metadata_version,
                   "The new version. Default: the highest that all programs support, unless "
                   "--feature is given.")
      ->type_name("N")
      ->check(CommandLine::NonNegativeInt32());
  AddUpdateFlags(verb, flags.get());
}

void AddDowngrade(CommandLine& line, CLI::App* features) {
  auto flags = std::make_shared<UpdateFlags>();
  CLI::App* verb = line.AddCommand(
      features,
      {.name = "downgrade",
       .summary = "lower the level of features other than metadata.version",
       .description =
           "Lowers the level of features. Level 0 means that the cluster does not use the feature. "
           "If eligible.leader.replicas.version becomes 0, the eligible replicas of partitions "
           "without a leader stay in the ISR, and all other replicas are no longer eligible. "
           "metadata.version cannot be lowered.",
       .examples = {"quoratectl features downgrade --feature eligible.leader.replicas.version=0",
                    "quoratectl features downgrade --feature group.version=0 --dry-run"}},
      CommonFlags::kCluster, [flags](Session& session) { return Downgrade(session, *flags); });
  AddUpdateFlags(verb, flags.get())->required();
}

}  // namespace

std::string FeaturesText(const DescribeClusterResponse& cluster) {
  Table features({{.title = "FEATURE"},
                  {.title = "FINALIZED", .right_aligned = true},
                  {.title = "SUPPORTED", .right_aligned = true}});
  features.AddRow({std::string(kMetadataVersionFeature), VersionText(cluster.metadata_version()),
                   VersionText(SupportedByAll(cluster))});
  for (const auto& feature : cluster.features()) {
    features.AddRow({feature.name(), std::to_string(feature.level()),
                     std::to_string(SupportedByAll(cluster, feature))});
  }
  Table programs({{.title = "PROGRAM"},
                  {.title = "METADATA VERSION", .right_aligned = true},
                  {.title = "STATE"}});
  for (const auto& controller : cluster.controllers()) {
    const std::string role = controller.observer() ? "observer" : "voter";
    programs.AddRow({absl::StrFormat("controller %d", controller.node_id()),
                     VersionText(controller.max_metadata_version()),
                     controller.in_session() ? role : role + ", not in session"});
  }
  for (const auto& broker : cluster.brokers()) {
    programs.AddRow({absl::StrFormat("broker %d", broker.broker_id()),
                     VersionText(broker.max_metadata_version()),
                     broker.fenced() ? "fenced" : "running"});
  }
  return features.ToString() + "\n" + programs.ToString();
}

void AddFeatures(CommandLine& line) {
  CLI::App* features =
      line.AddNoun("features", "show and change the levels of the cluster's features");
  AddDescribe(line, features);
  AddUpgrade(line, features);
  AddDowngrade(line, features);
}

}  // namespace quorate::cli
