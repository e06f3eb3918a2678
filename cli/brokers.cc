#include "cli/brokers.h"

#include <memory>
#include <ostream>
#include <string>
#include <variant>

#include "absl/strings/str_format.h"
#include "cli/broker_description.h"
#include "cli/broker_drain.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/request_id.h"
#include "cli/text.h"
#include "cli/topics.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using client::BrokerView;
using client::CallFailure;
using common::v1::Error;

std::string StateText(broker::v1::DescribeBrokerResponse::State state) {
  using broker::v1::DescribeBrokerResponse;
  switch (state) {
    case DescribeBrokerResponse::STARTING:
      return "starting: registering, or replaying up to its registration";
    case DescribeBrokerResponse::FENCED:
      return "fenced: registered and caught up, but leads no partition";
    case DescribeBrokerResponse::RUNNING:
      return "running";
    case DescribeBrokerResponse::NO_CONTROLLER:
      return "no controller: keeps its last image and roles";
    case DescribeBrokerResponse::CONTROLLED_SHUTDOWN:
      return "stopping: waits until its leaderships are moved";
    default:
      return DescribeBrokerResponse::State_Name(state);
  }
}

std::string EndpointText(const std::string& endpoint) { return endpoint.empty() ? "-" : endpoint; }

ExitCode List(Session& session) {
  admin::v1::DescribeClusterRequest request;
  request.set_allow_stale(session.settings().stale);
  const auto result = client::AdminClient(session.caller_options()).DescribeCluster(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& cluster = std::get<admin::v1::DescribeClusterResponse>(result);
  if (session.json()) {
    Json brokers = Json::array();
    for (const auto& broker : cluster.brokers()) brokers.push_back(ToJson(broker));
    session.out() << JsonText({{"brokers", std::move(brokers)},
                               {"end_offset", cluster.end_offset()},
                               {"from_active_controller", cluster.from_active_controller()}});
  } else {
    session.out() << BrokersText(cluster);
  }
  return ExitCode::kDone;
}

// Returns the JSON of one broker. Values that were not requested or not received are null.
Json ViewJson(const std::string& endpoint, const std::variant<BrokerView, Error>& result) {
  Json json = {{"endpoint", endpoint},
               {"broker", nullptr},
               {"roles", nullptr},
               {"topics", nullptr},
               {"error", nullptr}};
  if (const auto* error = std::get_if<Error>(&result)) {
    json["error"] = ToJson(*error);
    return json;
  }
  const auto& view = std::get<BrokerView>(result);
  json["broker"] = ToJson(view.broker);
  json["roles"] = ToJson(view.roles)["roles"];
  if (view.topics.has_value()) json["topics"] = ToJson(*view.topics)["topics"];
  return json;
}

ExitCode View(Session& session, bool with_topics) {
  ExitCode code = ExitCode::kDone;
  Json brokers = Json::array();
  bool first = true;
  for (const HostPort& endpoint : session.settings().bootstrap) {
    const auto result =
        client::ViewBroker(endpoint, ProbeTimeout(session.settings()), with_topics, session.tls());
    if (std::holds_alternative<Error>(result)) code = ExitCode::kUnreachable;
    if (session.json()) {
      brokers.push_back(ViewJson(endpoint.ToString(), result));
    } else if (const auto* view = std::get_if<BrokerView>(&result)) {
      session.out() << (first ? "" : "\n") << BrokerViewText(*view);
      first = false;
    } else {
      session.Complain(endpoint.ToString() + ": " + std::get<Error>(result).message());
    }
  }
  if (session.json()) session.out() << JsonText({{"brokers", std::move(brokers)}});
  return code;
}

std::string RolesText(const broker::v1::ListRolesResponse& response) {
  Table roles({{.title = "TOPIC"},
               {.title = "PARTITION", .right_aligned = true},
               {.title = "ROLE"},
               {.title = "LEADER", .right_aligned = true},
               {.title = "LEADER EPOCH", .right_aligned = true},
               {.title = "OFFSET", .right_aligned = true}});
  for (const auto& role : response.roles()) {
    roles.AddRow({role.topic(), std::to_string(role.partition()),
                  role.role() == broker::v1::ROLE_LEADER ? "leader" : "follower",
                  role.leader_id() < 0 ? "none" : std::to_string(role.leader_id()),
                  std::to_string(role.leader_epoch()), std::to_string(role.metadata_end_offset())});
  }
  return roles.ToString();
}

struct UnregisterFlags {
  int32_t broker = 0;
  bool force = false;
  bool dry_run = false;
  std::string request_id;
};

ExitCode Unregister(Session& session, const UnregisterFlags& flags) {
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return session.RefuseUsage(std::string(id.status().message()));
  admin::v1::UnregisterBrokerRequest request;
  *request.mutable_request_id() = *id;
  request.set_broker_id(flags.broker);
  request.set_force(flags.force);
  request.set_validate_only(flags.dry_run);

  const auto result = client::AdminClient(session.caller_options()).UnregisterBroker(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request.request_id()));
  }
  const auto& response = std::get<admin::v1::UnregisterBrokerResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  if (response.has_error()) {
    return session.FailItem(absl::StrFormat("broker %d", flags.broker), response.error());
  }
  session.Say(flags.dry_run ? absl::StrFormat("Broker %d could be unregistered.", flags.broker)
                            : absl::StrFormat("Unregistered broker %d.", flags.broker));
  if (response.replica_count() > 0) {
    session.Say(absl::StrFormat("It is still in the replica list of %s.",
                                Plural(response.replica_count(), "partition")));
  }
  return ExitCode::kDone;
}

}  // namespace

std::string BrokerStateText(const admin::v1::Broker& broker) {
  std::string state = broker.fenced() ? "fenced" : "running";
  if (broker.in_controlled_shutdown()) state += ", stopping";
  if (!broker.endpoint_verified()) state += ", did not answer at its endpoint";
  if (const int failed = broker.offline_log_directories_size(); failed > 0) {
    state += absl::StrFormat(", %d log director%s failed", failed, failed == 1 ? "y" : "ies");
  }
  return state;
}

std::string BrokersText(const admin::v1::DescribeClusterResponse& cluster) {
  Table table({{.title = "BROKER", .right_aligned = true},
               {.title = "ENDPOINT"},
               {.title = "RACK"},
               {.title = "LAST CONTACT"},
               {.title = "OFFSET", .right_aligned = true},
               {.title = "REPLICAS", .right_aligned = true},
               {.title = "LEADERS", .right_aligned = true},
               {.title = "TAKEN UP", .right_aligned = true},
               {.title = "STATE"}});
  for (const admin::v1::Broker& broker : cluster.brokers()) {
    table.AddRow({std::to_string(broker.broker_id()), broker.endpoint(),
                  broker.rack().empty() ? "-" : broker.rack(),
                  AgeText(broker.last_contact_age_ms()), CountText(broker.metadata_end_offset()),
                  std::to_string(broker.replica_count()), std::to_string(broker.leader_count()),
                  CountText(broker.reported_leader_count()), BrokerStateText(broker)});
  }
  return table.ToString();
}

std::string BrokerViewText(const BrokerView& view) {
  const auto& broker = view.broker;
  Table facts(std::vector<Table::Column>(2));
  facts.AddRow({"Broker", absl::StrFormat("%d, epoch %s", broker.broker_id(),
                                          CountText(broker.broker_epoch()))});
  facts.AddRow({"State", StateText(broker.state())});
  facts.AddRow({"Controller",
                absl::StrFormat("%s, last contact %s", EndpointText(broker.controller_endpoint()),
                                AgeText(broker.last_contact_age_ms()))});
  facts.AddRow({"Metadata", absl::StrFormat("end offset %d of epoch %d, from %s, last update %s",
                                            broker.metadata_end_offset(), broker.metadata_epoch(),
                                            EndpointText(broker.metadata_endpoint()),
                                            AgeText(broker.last_metadata_age_ms()))});
  facts.AddRow({"Roles", absl::StrFormat("leads %d, follows %d", broker.leader_count(),
                                         broker.follower_count())});
  std::string text = facts.ToString();
  if (!view.roles.roles().empty()) text += "\n" + RolesText(view.roles);
  if (view.topics.has_value()) {
    if (!view.topics->topics().empty()) text += "\n";
    for (const auto& topic : view.topics->topics()) text += TopicText(topic);
  }
  return text;
}

void AddBrokers(CommandLine& line) {
  CLI::App* brokers = line.AddNoun(
      "brokers", "list, describe, drain and unregister brokers, and show a broker's own view");
  line.AddCommand(
      brokers,
      {.name = "list",
       .summary = "list the brokers as the controllers see them",
       .description =
           "Prints each broker with its last heartbeat, the end offset of the metadata that it has "
           "replayed, the number of its replicas, of the partitions that it leads, and of those "
           "whose leadership it has reported as taken up, and its state. A fenced broker leads no "
           "partition, and is in the ISR only of partitions that have no leader. If a broker did "
           "not answer at its endpoint when it registered, it probably advertises an address that "
           "others cannot reach. With --output json, the listeners, the supported features, the "
           "log "
           "directories that are online and those that have failed are printed too.",
       .examples = {"quoratectl brokers list", "quoratectl brokers list --output json"}},
      CommonFlags::kReads, List);
  AddBrokerDescription(line, brokers);
  auto with_topics = std::make_shared<bool>(false);
  CLI::App* view = line.AddCommand(
      brokers,
      {.name = "view",
       .summary = "show brokers' own views of their state",
       .description =
           "Asks the brokers named by --bootstrap, not the controllers, for their state, their "
           "last contact with an active controller, their metadata, and the roles that they have "
           "taken up. Works with and without a controller. If a broker does not answer within 3 s, "
           "the others are still shown and the exit status is 3.",
       .examples = {"quoratectl brokers view --bootstrap 127.0.0.1:9291",
                    "quoratectl brokers view --topics --bootstrap 127.0.0.1:9291",
                    "quoratectl brokers view --bootstrap 127.0.0.1:9291,127.0.0.1:9292 "
                    "--output json"}},
      CommonFlags::kCluster,
      [with_topics](Session& session) { return View(session, *with_topics); });
  view->add_flag("--topics", *with_topics,
                 "Also show the topics of the cluster as in the broker's own image.");

  auto flags = std::make_shared<UnregisterFlags>();
  CLI::App* unregister = line.AddCommand(
      brokers,
      {.name = "unregister",
       .summary = "remove the registration of a broker",
       .description =
           "Removes a broker that no longer exists from the list of brokers. It stays in the "
           "replica lists of partitions, and the output says how many these are. A broker that is "
           "not fenced is probably alive, so it is refused unless --force is given. With --force "
           "it first leaves its in-sync replica sets and leaderships. If its process is alive, it "
           "registers again at once. Brokers that are fenced, hold no replica and were silent for "
           "10 minutes are removed without this command. Needs metadata version 2.",
       .examples = {"quoratectl brokers unregister 7 --dry-run", "quoratectl brokers unregister 7",
                    "quoratectl brokers unregister 7 --force"}},
      CommonFlags::kCluster, [flags](Session& session) { return Unregister(session, *flags); });
  unregister->add_option("BROKER", flags->broker, "The id of the broker.")
      ->required()
      ->check(CommandLine::NonNegativeInt32());
  unregister->add_flag("--force", flags->force, "Also unregister a broker that is not fenced.");
  unregister->add_flag("--dry-run", flags->dry_run, "Check the request without changing anything.");
  AddRequestIdFlag(unregister, &flags->request_id);
  AddBrokerDrain(line, brokers);
}

}  // namespace quorate::cli
