#include "cli/broker_description.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/brokers.h"
#include "cli/json.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using client::CallFailure;

ExitCode Describe(Session& session, const std::vector<int32_t>& ids) {
  admin::v1::DescribeClusterRequest request;
  request.set_allow_stale(session.settings().stale);
  const auto result = client::AdminClient(session.caller_options()).DescribeCluster(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& cluster = std::get<admin::v1::DescribeClusterResponse>(result);
  std::vector<int32_t> missing = ids;
  Json brokers = Json::array();
  const char* separator = "";
  for (const admin::v1::Broker& broker : cluster.brokers()) {
    missing.erase(std::remove(missing.begin(), missing.end(), broker.broker_id()), missing.end());
    const bool is_wanted =
        ids.empty() || std::find(ids.begin(), ids.end(), broker.broker_id()) != ids.end();
    if (!is_wanted) continue;
    if (session.json()) {
      brokers.push_back(ToJson(broker));
    } else {
      session.out() << separator << BrokerText(broker);
      separator = "\n";
    }
  }
  if (session.json()) session.out() << JsonText({{"brokers", std::move(brokers)}});
  for (const int32_t id : missing) {
    session.Complain(absl::StrFormat("broker %d is not registered", id));
  }
  return missing.empty() ? ExitCode::kDone : ExitCode::kRefused;
}

}  // namespace

std::string BrokerText(const admin::v1::Broker& broker) {
  Table facts(std::vector<Table::Column>(2));
  facts.AddRow({"Broker", absl::StrFormat("%d, epoch %d, incarnation %s", broker.broker_id(),
                                          broker.broker_epoch(), broker.incarnation_id())});
  facts.AddRow({"Endpoint", broker.endpoint()});
  if (!broker.rack().empty()) facts.AddRow({"Rack", broker.rack()});
  facts.AddRow({"State", BrokerStateText(broker)});
  facts.AddRow({"Partitions", absl::StrFormat("holds %d, leads %d", broker.replica_count(),
                                              broker.leader_count())});
  for (const auto& listener : broker.listeners()) {
    facts.AddRow({"Listener", absl::StrFormat("%s, %s at %s", listener.name(),
                                              common::v1::BrokerListener::SecurityProtocol_Name(
                                                  listener.security_protocol()),
                                              listener.endpoint())});
  }
  for (const auto& feature : broker.features()) {
    facts.AddRow({"Feature", absl::StrFormat("%s, levels %d to %d", feature.name(),
                                             feature.min_level(), feature.max_level())});
  }
  const auto& failed = broker.offline_log_directories();
  for (const std::string& id : broker.log_directories()) {
    // The heartbeat that names a failed directory comes before the change of the registration.
    if (std::find(failed.begin(), failed.end(), id) != failed.end()) continue;
    facts.AddRow({"Log directory", id + ", online"});
  }
  for (const std::string& id : failed) facts.AddRow({"Log directory", id + ", failed"});
  return facts.ToString();
}

void AddBrokerDescription(CommandLine& line, CLI::App* brokers) {
  auto ids = std::make_shared<std::vector<int32_t>>();
  CLI::App* describe = line.AddCommand(
      brokers,
      {.name = "describe",
       .summary = "show what brokers registered with, and their log directories",
       .description =
           "Prints the endpoint, the state, the listeners, the supported features and the log "
           "directories of each broker, or of the brokers that are named. A log directory has "
           "failed if the last heartbeat of its broker says so. It comes back when the broker is "
           "restarted.",
       .examples = {"quoratectl brokers describe", "quoratectl brokers describe 3",
                    "quoratectl brokers describe 1 2 --output json"}},
      CommonFlags::kReads, [ids](Session& session) { return Describe(session, *ids); });
  describe->add_option("BROKER", *ids, "The ids of brokers. If none is given: all brokers.")
      ->check(CommandLine::NonNegativeInt32());
}

}  // namespace quorate::cli
