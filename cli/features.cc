#include "cli/features.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

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

Json FeaturesJson(const DescribeClusterResponse& cluster) {
  const auto version_json = [](uint32_t version) {
    return version == 0 ? Json(nullptr) : Json(version);
  };
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
  return {{"features", Json::array({{{"feature", std::string(kMetadataVersionFeature)},
                                     {"finalized_level", version_json(cluster.metadata_version())},
                                     {"supported_level", version_json(SupportedByAll(cluster))}}})},
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

struct UpgradeFlags {
  std::optional<int32_t> metadata_version;
  bool dry_run = false;
  std::string request_id;
};

std::string ResultText(uint32_t before, uint32_t level, bool dry_run) {
  if (before == level) return absl::StrFormat("%s is already %d.", kMetadataVersionFeature, level);
  if (!dry_run)
    return absl::StrFormat("Raised %s from %d to %d.", kMetadataVersionFeature, before, level);
  return absl::StrFormat("%s could be raised from %d to %d.", kMetadataVersionFeature, before,
                         level);
}

ExitCode Upgrade(Session& session, const UpgradeFlags& flags) {
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return session.RefuseUsage(std::string(id.status().message()));
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
  const uint32_t level = flags.metadata_version ? static_cast<uint32_t>(*flags.metadata_version)
                                                : std::max(before, SupportedByAll(cluster));

  admin::v1::UpdateFeaturesRequest request;
  *request.mutable_request_id() = *id;
  request.set_validate_only(flags.dry_run);
  request.add_updates()->set_feature(std::string(kMetadataVersionFeature));
  request.mutable_updates(0)->set_level(level);
  const auto result = client.UpdateFeatures(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request.request_id()));
  }
  const auto& response = std::get<admin::v1::UpdateFeaturesResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& update : response.results()) {
    if (update.has_error()) {
      code = session.FailItem(update.feature(), update.error());
    } else {
      session.Say(ResultText(before, level, flags.dry_run));
    }
  }
  const bool is_default = !flags.metadata_version.has_value();
  if (code == ExitCode::kDone && is_default && before == level) {
    session.Say(
        "No higher version is supported by all programs: 'quoratectl features describe' shows what "
        "each of them supports.");
  }
  return code;
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
           "heartbeat.",
       .examples = {"quoratectl features describe",
                    "quoratectl features describe --output json | jq '.features[0]'"}},
      CommonFlags::kReads, Describe);
}

void AddUpgrade(CommandLine& line, CLI::App* features) {
  auto flags = std::make_shared<UpgradeFlags>();
  CLI::App* verb = line.AddCommand(
      features,
      {.name = "upgrade",
       .summary = "raise metadata.version, after all programs are new",
       .description =
           "Raises the version of the record formats in the log, so that the controllers may use "
           "what came with it. This cannot be undone: an older program ends when it reads the new "
           "version. The upgrade is therefore refused while a voter is not in session, or while a "
           "controller or broker in session does not support the version. The message names up to "
           "ten of them. When the command ends, the new version is committed.",
       .examples = {"quoratectl features upgrade", "quoratectl features upgrade --dry-run",
                    "quoratectl features upgrade --metadata-version 2"}},
      CommonFlags::kCluster, [flags](Session& session) { return Upgrade(session, *flags); });
  verb->add_option("--metadata-version", flags->metadata_version,
                   "The new version. Default: the highest that all programs support.")
      ->type_name("N")
      ->check(CommandLine::NonNegativeInt32());
  verb->add_flag("--dry-run", flags->dry_run, "Check the upgrade without making it.");
  AddRequestIdFlag(verb, &flags->request_id);
}

}  // namespace

std::string FeaturesText(const DescribeClusterResponse& cluster) {
  Table features({{.title = "FEATURE"},
                  {.title = "FINALIZED", .right_aligned = true},
                  {.title = "SUPPORTED", .right_aligned = true}});
  features.AddRow({std::string(kMetadataVersionFeature), VersionText(cluster.metadata_version()),
                   VersionText(SupportedByAll(cluster))});
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
      line.AddNoun("features", "show and raise the level of the cluster's record formats");
  AddDescribe(line, features);
  AddUpgrade(line, features);
}

}  // namespace quorate::cli
