#include "cli/partitions.h"

#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cli/fetched_layout.h"
#include "cli/json.h"
#include "cli/listed_reassignments.h"
#include "cli/plan_summary.h"
#include "cli/reassignment_cancel.h"
#include "cli/reassignment_file.h"
#include "cli/reassignment_planner.h"
#include "cli/reassignment_runner.h"
#include "cli/text.h"
#include "cli/watch.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::ListPartitionReassignmentsResponse;
using client::CallFailure;

struct PlanFlags {
  std::string file;
  std::string rollback;
  std::string topics;
  std::vector<int32_t> excluded;
};

ExitCode Plan(Session& session, const PlanFlags& flags) {
  PlanOptions options;
  options.excluded = {flags.excluded.begin(), flags.excluded.end()};
  if (!flags.topics.empty()) {
    std::set<std::string> topics = absl::StrSplit(flags.topics, ',');
    options.topics = std::move(topics);
  }
  client::AdminClient client(session.caller_options());
  const auto fetched = FetchLayout(client);
  if (const auto* failure = std::get_if<CallFailure>(&fetched)) return session.Fail(*failure);
  const ClusterLayout& layout = std::get<FetchedLayout>(fetched).layout;
  const absl::StatusOr<ReassignmentPlan> plan = PlanReassignment(layout, options);
  if (!plan.ok()) return session.Fail(plan.status());
  if (!flags.rollback.empty()) {
    const absl::Status status = WriteReassignmentFile(flags.rollback, ReplicasNow(layout, *plan));
    if (!status.ok()) return session.Fail(status);
  }
  const std::vector<PartitionReplicas> partitions = ReplicasAfter(layout, *plan);
  if (flags.file == "-") {
    session.out() << ReassignmentText(partitions);
    return ExitCode::kDone;
  }
  const absl::Status status = WriteReassignmentFile(flags.file, partitions);
  if (!status.ok()) return session.Fail(status);
  if (session.json()) {
    session.out() << JsonText({{"file", flags.file},
                               {"partitions", partitions.size()},
                               {"moved_replicas", plan->moved_replicas},
                               {"reordered_partitions", plan->reordered}});
    return ExitCode::kDone;
  }
  session.out() << PlanText(layout, *plan);
  if (!partitions.empty()) {
    session.Say(absl::StrFormat(
        "Wrote %s. Make the changes with: quoratectl partitions reassign execute %s", flags.file,
        flags.file));
  }
  return ExitCode::kDone;
}

void AddPlan(CommandLine& line, CLI::App* reassign) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App* verb = line.AddCommand(
      reassign,
      {.name = "plan",
       .summary = "write a plan that spreads replicas evenly",
       .description =
           "Writes which replicas the partitions should have, as a JSON file that execute and "
           "kafka-reassign-partitions read, and changes nothing. The plan moves as few replicas as "
           "possible, so that the brokers have equal numbers of replicas and of preferred leaders, "
           "within one. No partition is in fewer racks than before, and replication factors stay. "
           "A balanced cluster gets an empty plan. Fenced brokers get no replicas and keep theirs, "
           "unless they are excluded. A partition that is being reassigned counts with its target.",
       .examples = {"quoratectl partitions reassign plan plan.json",
                    "quoratectl partitions reassign plan plan.json --exclude-broker 4 "
                    "--rollback before.json",
                    "quoratectl partitions reassign plan - --topics orders,payments"}},
      CommonFlags::kCluster, [flags](Session& session) { return Plan(session, *flags); });
  verb->add_option("FILE", flags->file, "Where to write the plan; - for standard output.")
      ->required();
  verb->add_option("--exclude-broker", flags->excluded,
                   "A broker that keeps no replica. May be repeated.")
      ->type_name("ID")
      ->allow_extra_args(false)
      ->check(CommandLine::NonNegativeInt32());
  verb->add_option("--topics", flags->topics,
                   "The topics whose replicas may move. Default: all topics.")
      ->type_name("TOPIC,TOPIC,...");
  verb->add_option("--rollback", flags->rollback,
                   "Also write the replicas that these partitions have now. Execute this file to "
                   "go back.")
      ->type_name("FILE");
}

struct ExecuteFlags {
  std::string file;
  int32_t max_moves = kDefaultMaxMoves;
};

ExitCode Execute(Session& session, const ExecuteFlags& flags) {
  if (flags.max_moves < 1) return session.RefuseUsage("--max-moves-per-broker must be at least 1");
  const auto wanted = ReadReassignmentFile(flags.file);
  if (!wanted.ok()) return session.Fail(wanted.status());
  return RunReassignments(session, *wanted, flags.max_moves);
}

void AddExecute(CommandLine& line, CLI::App* reassign) {
  auto flags = std::make_shared<ExecuteFlags>();
  CLI::App* verb = line.AddCommand(
      reassign,
      {.name = "execute",
       .summary = "give partitions the replicas of a file, and wait until they have them",
       .description =
           "Reads a file of plan or of kafka-reassign-partitions. Begins reassignments as long as "
           "no broker has too many at once, waits until some are complete, and goes on. Shows the "
           "progress on standard error. If it is interrupted, what has begun is completed by the "
           "cluster; run the command again to go on: partitions that have their replicas already "
           "are left alone. The exit status is 1 if a partition did not get its replicas. "
           "--timeout limits each call, not the whole command. Needs metadata version 2.",
       .examples = {"quoratectl partitions reassign execute plan.json",
                    "quoratectl partitions reassign execute plan.json --max-moves-per-broker 2"}},
      CommonFlags::kCluster, [flags](Session& session) { return Execute(session, *flags); });
  verb->add_option("FILE", flags->file, "The file; - for standard input.")->required();
  AddMaxMovesFlag(verb, &flags->max_moves);
}

std::string ListText(const ListPartitionReassignmentsResponse& list) {
  if (list.reassignments().empty()) return "No partition is being reassigned.\n";
  Table table({{.title = "TOPIC"},
               {.title = "PARTITION", .right_aligned = true},
               {.title = "REPLICAS"},
               {.title = "ADDING"},
               {.title = "REMOVING"},
               {.title = "IN SYNC"}});
  const auto text = [](const google::protobuf::RepeatedField<int32_t>& ids) {
    return ids.empty() ? "-" : IdsText(ids);
  };
  for (const auto& one : list.reassignments()) {
    table.AddRow({TerminalText(one.name()), std::to_string(one.partition()), text(one.replicas()),
                  text(one.adding_replicas()), text(one.removing_replicas()), text(one.isr())});
  }
  return table.ToString() + Plural(list.reassignments_size(), "partition") + ".\n";
}

struct StatusFlags {
  std::vector<std::string> topics;
  std::shared_ptr<WatchFlag> watch = std::make_shared<WatchFlag>();
};

ExitCode Status(Session& session, const StatusFlags& flags) {
  client::AdminClient client(session.caller_options());
  return ShowOrWatch(session, *flags.watch, [&] {
    const auto result = ListReassignments(client, flags.topics, session.settings().stale);
    if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
    const auto& list = std::get<ListPartitionReassignmentsResponse>(result);
    session.out() << (session.json() ? JsonText(ToJson(list)) : ListText(list));
    return ExitCode::kDone;
  });
}

void AddStatus(CommandLine& line, CLI::App* reassign) {
  auto flags = std::make_shared<StatusFlags>();
  CLI::App* verb = line.AddCommand(
      reassign,
      {.name = "status",
       .summary = "show the reassignments that are in progress",
       .description =
           "Prints a line for each partition that is being reassigned: its replicas, first those "
           "that it keeps, which of them are added, which are removed, and which are in sync. A "
           "reassignment is complete when all replicas that are not removed are in sync. If an "
           "added replica does not get in sync, look whether its broker runs.",
       .examples = {"quoratectl partitions reassign status",
                    "quoratectl partitions reassign status orders --output json",
                    "quoratectl partitions reassign status --watch --interval 5s"}},
      CommonFlags::kReads, [flags](Session& session) { return Status(session, *flags); });
  verb->add_option("TOPIC", flags->topics, "Only these topics. Default: all topics.");
  AddWatchFlag(verb, flags->watch);
}

struct CancelFlags {
  std::string file;
  bool all = false;
};

ExitCode Cancel(Session& session, const CancelFlags& flags) {
  if (flags.all != flags.file.empty()) {
    return session.RefuseUsage(flags.all
                                   ? "--all already means every reassignment: name no file"
                                   : "name the file whose reassignments to cancel, or use --all");
  }
  if (flags.all) return CancelReassignments(session, nullptr);
  const auto wanted = ReadReassignmentFile(flags.file);
  if (!wanted.ok()) return session.Fail(wanted.status());
  return CancelReassignments(session, &*wanted);
}

void AddCancel(CommandLine& line, CLI::App* reassign) {
  auto flags = std::make_shared<CancelFlags>();
  CLI::App* verb = line.AddCommand(
      reassign,
      {.name = "cancel",
       .summary = "cancel reassignments that are in progress",
       .description =
           "The partitions get their original replicas again. Reassignments that are complete stay "
           "as they are; to go back, execute the file that plan --rollback has written. Interrupt "
           "an execute command first, because it would begin the next reassignments.",
       .examples = {"quoratectl partitions reassign cancel plan.json",
                    "quoratectl partitions reassign cancel --all"}},
      CommonFlags::kCluster, [flags](Session& session) { return Cancel(session, *flags); });
  verb->add_option("FILE", flags->file,
                   "A file as for execute: only its partitions are cancelled, whatever replicas it "
                   "names; - for standard input.");
  verb->add_flag("--all", flags->all, "All reassignments of all topics.");
}

}  // namespace

void AddPartitions(CommandLine& line) {
  CLI::App* partitions = line.AddNoun("partitions", "move partitions to other brokers");
  CLI::App* reassign =
      CommandLine::AddNoun(partitions, "reassign", "plan, execute, watch and cancel reassignments");
  AddPlan(line, reassign);
  AddExecute(line, reassign);
  AddStatus(line, reassign);
  AddCancel(line, reassign);
}

}  // namespace quorate::cli
