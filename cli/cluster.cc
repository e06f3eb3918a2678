#include "cli/cluster.h"

#include <ostream>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "base/uuid.h"
#include "cli/cluster_wait.h"
#include "cli/json.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;
using client::CallFailure;

ExitCode Describe(Session& session) {
  admin::v1::DescribeClusterRequest request;
  request.set_allow_stale(session.settings().stale);
  const auto result = client::AdminClient(session.caller_options()).DescribeCluster(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& cluster = std::get<DescribeClusterResponse>(result);
  session.out() << (session.json() ? JsonText(ToJson(cluster)) : ClusterText(cluster));
  return ExitCode::kDone;
}

ExitCode NewId(Session& session) {
  Rng rng(Rng::SystemSeed());
  session.out() << Uuid::Random(rng).ToString() << "\n";
  return ExitCode::kDone;
}

}  // namespace

std::string ClusterText(const DescribeClusterResponse& cluster) {
  Table facts(std::vector<Table::Column>(2));
  facts.AddRow({"Cluster", cluster.cluster_id()});
  facts.AddRow(
      {"Active controller", cluster.active_controller_id() < 0
                                ? "none"
                                : absl::StrFormat("%d in epoch %d", cluster.active_controller_id(),
                                                  cluster.controller_epoch())});
  facts.AddRow({"Brokers", std::to_string(cluster.brokers_size())});
  facts.AddRow({"Topics", std::to_string(cluster.topic_count())});
  facts.AddRow(
      {"Partitions", absl::StrFormat("%d (%d offline, %d under-replicated)",
                                     cluster.partition_count(), cluster.offline_partition_count(),
                                     cluster.under_replicated_partition_count())});
  facts.AddRow({"End offset", std::to_string(cluster.end_offset())});

  Table controllers({{.title = "CONTROLLER", .right_aligned = true},
                     {.title = "ROLE"},
                     {.title = "CLIENTS"},
                     {.title = "PEERS"},
                     {.title = "IN SESSION"}});
  for (const admin::v1::Controller& controller : cluster.controllers()) {
    controllers.AddRow(
        {std::to_string(controller.node_id()), controller.observer() ? "observer" : "voter",
         controller.client_endpoint().empty() ? kNotKnown : controller.client_endpoint(),
         controller.peer_endpoint(), controller.in_session() ? "yes" : "no"});
  }
  return facts.ToString() + "\n" + controllers.ToString();
}

void AddCluster(CommandLine& line) {
  CLI::App* cluster = line.AddNoun("cluster", "show the cluster, wait for it, create a cluster id");
  line.AddCommand(
      cluster,
      {.name = "describe",
       .summary = "show the cluster's id, controllers and counts",
       .description =
           "IN SESSION says whether the answering controller is in contact with the listed one, or "
           "is that controller itself. For the brokers see 'quoratectl brokers list'.",
       .examples = {"quoratectl cluster describe",
                    "quoratectl cluster describe --output json | jq -r .cluster_id"}},
      CommonFlags::kReads, Describe);
  AddClusterWait(line, cluster);
  line.AddCommand(
      cluster,
      {.name = "new-id",
       .summary = "print a new cluster id",
       .description =
           "The id has 22 characters and names a cluster permanently: use the same id for all its "
           "controllers and brokers. The command makes no calls.",
       .examples = {"quoratectl cluster new-id",
                    "export QUORATE_CLUSTER_ID=$(quoratectl cluster new-id)"}},
      CommonFlags::kNone, NewId);
}

}  // namespace quorate::cli
