#include "cli/status.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "cli/brokers.h"
#include "cli/json.h"
#include "cli/quorum.h"
#include "cli/text.h"
#include "cli/watch.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;
using admin::v1::DescribeQuorumResponse;
using client::CallFailure;

// Returns for example "1, 2, 3", with a limit on the number of ids.
std::string ListOf(const std::vector<int32_t>& ids) {
  constexpr size_t kMostNamed = 20;
  const size_t named = std::min(ids.size(), kMostNamed);
  std::string list =
      absl::StrJoin(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(named), ", ");
  if (named < ids.size()) absl::StrAppendFormat(&list, " and %d more", ids.size() - named);
  return list;
}

std::string BrokersSummary(const DescribeClusterResponse& cluster) {
  std::vector<int32_t> fenced;
  // Fenced and without a replica, so no partition needs them.
  std::vector<int32_t> idle;
  for (const auto& broker : cluster.brokers()) {
    if (!broker.fenced()) continue;
    std::vector<int32_t>& ids = broker.replica_count() > 0 ? fenced : idle;
    ids.push_back(broker.broker_id());
  }
  const size_t count = static_cast<size_t>(cluster.brokers_size()) - idle.size();
  std::string text = absl::StrFormat("%d of %d running", count - fenced.size(), count);
  if (!fenced.empty()) absl::StrAppendFormat(&text, "; fenced: %s", ListOf(fenced));
  if (!idle.empty()) {
    absl::StrAppendFormat(&text, "; registered, but fenced and without a replica: %s",
                          ListOf(idle));
  }
  if (cluster.lost_broker_count() > 0) {
    absl::StrAppendFormat(
        &text,
        "; %d OUT OF CONTACT with the active controller, which leaves leaders and "
        "ISRs unchanged: check the network between them",
        cluster.lost_broker_count());
  }
  return text;
}

std::string PartitionsSummary(const DescribeClusterResponse& cluster) {
  return absl::StrFormat("%d in %s: %d offline, %d under-replicated", cluster.partition_count(),
                         Plural(cluster.topic_count(), "topic"), cluster.offline_partition_count(),
                         cluster.under_replicated_partition_count());
}

std::string DiskSummary(const DescribeQuorumResponse& quorum) {
  const int64_t free_mib = quorum.free_disk_bytes() >> 20;
  const int64_t min_free_mib = quorum.min_free_disk_bytes() >> 20;
  if (quorum.free_disk_bytes() >= quorum.min_free_disk_bytes()) {
    return absl::StrFormat("%d MiB free at controller %d", free_mib, quorum.answered_by());
  }
  return absl::StrFormat(
      "NEARLY FULL at controller %d: %d MiB are free, and below %d MiB (--min-free-disk-bytes) an "
      "active controller rejects changes: free some space",
      quorum.answered_by(), free_mib, min_free_mib);
}

// Returns the client endpoint of a controller, or kNotKnown.
std::string EndpointOf(int32_t node_id, const DescribeClusterResponse& cluster) {
  const auto found = std::find_if(
      cluster.controllers().begin(), cluster.controllers().end(),
      [&](const admin::v1::Controller& controller) { return controller.node_id() == node_id; });
  const bool known = found != cluster.controllers().end() && !found->client_endpoint().empty();
  return known ? found->client_endpoint() : kNotKnown;
}

ExitCode Status(Session& session) {
  client::AdminClient client(session.caller_options());
  admin::v1::DescribeClusterRequest cluster_request;
  cluster_request.set_allow_stale(session.settings().stale);
  const auto cluster = client.DescribeCluster(cluster_request);
  if (const auto* failure = std::get_if<CallFailure>(&cluster)) return session.Fail(*failure);
  admin::v1::DescribeQuorumRequest quorum_request;
  quorum_request.set_allow_stale(session.settings().stale);
  const auto quorum = client.DescribeQuorum(quorum_request);
  if (const auto* failure = std::get_if<CallFailure>(&quorum)) return session.Fail(*failure);

  const auto& cluster_response = std::get<DescribeClusterResponse>(cluster);
  const auto& quorum_response = std::get<DescribeQuorumResponse>(quorum);
  if (session.json()) {
    const std::optional<int> tolerated = ToleratedFailures(quorum_response);
    session.out() << JsonText(
        {{"tolerated_failures", tolerated.has_value() ? Json(*tolerated) : Json(nullptr)},
         {"cluster", ToJson(cluster_response)},
         {"quorum", ToJson(quorum_response)}});
  } else {
    session.out() << StatusText(cluster_response, quorum_response, SystemClock().WallMs());
  }
  return ExitCode::kDone;
}

}  // namespace

std::string StatusText(const DescribeClusterResponse& cluster, const DescribeQuorumResponse& quorum,
                       int64_t now_ms) {
  Table facts(std::vector<Table::Column>(2));
  facts.AddRow({"Cluster", cluster.cluster_id()});
  facts.AddRow({"Active controller", LeaderText(quorum, now_ms)});
  facts.AddRow({"Quorum", ToleranceText(quorum)});
  facts.AddRow({"Brokers", BrokersSummary(cluster)});
  facts.AddRow({"Partitions", PartitionsSummary(cluster)});
  facts.AddRow({"High watermark", std::to_string(quorum.high_watermark())});
  if (quorum.min_free_disk_bytes() > 0) facts.AddRow({"Disk", DiskSummary(quorum)});
  if (quorum.clock_behind_ms() > 0) {
    facts.AddRow(
        {"Clock", absl::StrFormat("%s BEHIND the time of the log at controller %d: its "
                                  "clock is wrong, or that of an active controller was",
                                  DurationText(quorum.clock_behind_ms()), quorum.answered_by())});
  }
  if (!quorum.from_leader()) {
    facts.AddRow(
        {"Answered by", absl::StrFormat("controller %d from its own state, because it is not "
                                        "the active controller",
                                        quorum.answered_by())});
  }
  const ReplicaColumn endpoint = {.title = "ENDPOINT",
                                  .cell = [&](const DescribeQuorumResponse::Replica& replica) {
                                    return EndpointOf(replica.node_id(), cluster);
                                  }};
  std::string text =
      facts.ToString() + "\n" + ReplicasText(quorum, endpoint) + ContactsText(quorum);
  if (!cluster.brokers().empty()) text += "\n" + BrokersText(cluster);
  return text;
}

void AddStatus(CommandLine& line) {
  auto watch = std::make_shared<WatchFlag>();
  CLI::App* verb = line.AddCommand(
      line.app(),
      {.name = "status",
       .summary = "show the state of the cluster on one screen",
       .description =
           "Prints the active controller and since when it is active, how many more controllers "
           "may fail, each voter's lag and last contact, unreachable controllers with the address "
           "that was tried, fenced brokers, partitions that are offline (without a leader) or "
           "under-replicated (with an ISR smaller than the replica set), the number of leaderships "
           "of each broker, the free disk space of the active controller, and whether its clock is "
           "behind the log. Without a quorum, --stale shows what one controller knows.",
       .examples = {"quoratectl status", "quoratectl status --output json",
                    "quoratectl status --watch --interval 1s",
                    "quoratectl status --stale --bootstrap 127.0.0.1:9092"}},
      CommonFlags::kReads, [watch](Session& session) {
        return ShowOrWatch(session, *watch, [&session] { return Status(session); });
      });
  AddWatchFlag(verb, watch);
}

}  // namespace quorate::cli
