#include "cli/broker_drain.h"

#include <cstdint>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/fetched_layout.h"
#include "cli/json.h"
#include "cli/plan_summary.h"
#include "cli/reassignment_planner.h"
#include "cli/reassignment_runner.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using client::CallFailure;

struct Flags {
  int32_t broker = 0;
  int32_t max_moves = kDefaultMaxMoves;
  bool dry_run = false;
};

// Returns the replicas of the plan, and the targets of the reassignments that are in progress. An
// interrupted command has begun some of these, and a repeated one waits for them.
std::vector<PartitionReplicas> WantedOf(const FetchedLayout& fetched,
                                        const ReassignmentPlan& plan) {
  std::vector<PartitionReplicas> wanted = ReplicasAfter(fetched.layout, plan);
  auto change = plan.changes.begin();
  for (size_t p = 0; p < fetched.layout.partitions.size(); ++p) {
    if (change != plan.changes.end() && change->partition == p) {
      ++change;
    } else if (fetched.is_reassigning[p]) {
      const ClusterLayout::Partition& partition = fetched.layout.partitions[p];
      wanted.push_back({.topic = fetched.layout.topics[partition.topic],
                        .partition = partition.index,
                        .replicas = partition.replicas});
    }
  }
  return wanted;
}

ExitCode Rebalance(Session& session, const PlanOptions& options, const Flags& flags) {
  if (flags.max_moves < 1) return session.RefuseUsage("--max-moves-per-broker must be at least 1");
  client::AdminClient client(session.caller_options());
  const auto result = FetchLayout(client);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
  const auto& fetched = std::get<FetchedLayout>(result);
  const absl::StatusOr<ReassignmentPlan> plan = PlanReassignment(fetched.layout, options);
  if (!plan.ok()) return session.Fail(plan.status());
  if (!flags.dry_run) {
    if (!session.json()) session.err() << PlanText(fetched.layout, *plan) << std::flush;
    return RunReassignments(session, WantedOf(fetched, *plan), flags.max_moves);
  }
  if (session.json()) {
    session.out() << JsonText({{"partitions", plan->changes.size()},
                               {"moved_replicas", plan->moved_replicas},
                               {"reordered_partitions", plan->reordered}});
  } else {
    session.out() << PlanText(fetched.layout, *plan);
  }
  return ExitCode::kDone;
}

void AddVerb(CommandLine& line, CLI::App* brokers, const Manual& manual,
             std::set<int32_t> PlanOptions::*named) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb =
      line.AddCommand(brokers, manual, CommonFlags::kCluster, [flags, named](Session& session) {
        PlanOptions options;
        (options.*named).insert(flags->broker);
        return Rebalance(session, options, *flags);
      });
  verb->add_option("BROKER", flags->broker, "The id of the broker.")
      ->required()
      ->check(CommandLine::NonNegativeInt32());
  AddMaxMovesFlag(verb, &flags->max_moves);
  verb->add_flag("--dry-run", flags->dry_run, "Show the plan without changing anything.");
}

}  // namespace

void AddBrokerDrain(CommandLine& line, CLI::App* brokers) {
  AddVerb(line, brokers,
          {.name = "drain",
           .summary = "move all replicas away from a broker",
           .description =
               "Plans as 'partitions reassign plan --exclude-broker' does, so the other brokers "
               "share the replicas evenly, then executes the plan and shows the progress. Also "
               "waits for reassignments that are in progress already. Interrupt and repeat the "
               "command as you like: it goes on. The broker keeps running, and new topics may "
               "still be placed on it: stop it when the command has ended. Needs metadata version "
               "2.",
           .examples = {"quoratectl brokers drain 4 --dry-run", "quoratectl brokers drain 4",
                        "quoratectl brokers drain 4 --max-moves-per-broker 2"}},
          &PlanOptions::excluded);
  AddVerb(line, brokers,
          {.name = "undrain",
           .summary = "give a broker its share of replicas",
           .description =
               "Moves replicas and preferred leaderships to this broker until it has as many as "
               "the others, from the brokers that have most. Nothing moves to another broker. Use "
               "it for a broker that was drained, or for a new one. They need not be the replicas "
               "that it had before. Needs metadata version 2.",
           .examples = {"quoratectl brokers undrain 4 --dry-run", "quoratectl brokers undrain 4"}},
          &PlanOptions::receivers);
}

}  // namespace quorate::cli
