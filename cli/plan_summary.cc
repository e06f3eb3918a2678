#include "cli/plan_summary.h"

#include <map>

#include "absl/strings/str_format.h"
#include "cli/command_line.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

PartitionReplicas EntryOf(const ClusterLayout& layout, size_t partition,
                          const std::vector<int32_t>& replicas) {
  const ClusterLayout::Partition& described = layout.partitions[partition];
  return {
      .topic = layout.topics[described.topic], .partition = described.index, .replicas = replicas};
}

// What one broker has before and after a plan.
struct Row {
  int64_t replicas_before = 0;
  int64_t replicas_after = 0;
  int64_t leaders_before = 0;
  int64_t leaders_after = 0;
};

}  // namespace

std::vector<PartitionReplicas> ReplicasNow(const ClusterLayout& layout,
                                           const ReassignmentPlan& plan) {
  std::vector<PartitionReplicas> entries;
  for (const auto& change : plan.changes) {
    entries.push_back(
        EntryOf(layout, change.partition, layout.partitions[change.partition].replicas));
  }
  return entries;
}

std::vector<PartitionReplicas> ReplicasAfter(const ClusterLayout& layout,
                                             const ReassignmentPlan& plan) {
  std::vector<PartitionReplicas> entries;
  for (const auto& change : plan.changes) {
    entries.push_back(EntryOf(layout, change.partition, change.replicas));
  }
  return entries;
}

std::string PlanText(const ClusterLayout& layout, const ReassignmentPlan& plan) {
  if (plan.changes.empty()) return "The replicas are spread evenly; nothing moves.\n";
  std::map<int32_t, Row> rows;
  for (const auto& broker : layout.brokers) rows[broker.id];
  for (const auto& partition : layout.partitions) {
    for (const int32_t id : partition.replicas) {
      ++rows[id].replicas_before;
      ++rows[id].replicas_after;
    }
    if (partition.replicas.empty()) continue;
    ++rows[partition.replicas[0]].leaders_before;
    ++rows[partition.replicas[0]].leaders_after;
  }
  for (const auto& change : plan.changes) {
    const std::vector<int32_t>& before = layout.partitions[change.partition].replicas;
    for (const int32_t id : before) --rows[id].replicas_after;
    for (const int32_t id : change.replicas) ++rows[id].replicas_after;
    --rows[before[0]].leaders_after;
    ++rows[change.replicas[0]].leaders_after;
  }
  Table table({{.title = "BROKER", .right_aligned = true},
               {.title = "REPLICAS", .right_aligned = true},
               {.title = "THEN", .right_aligned = true},
               {.title = "PREFERRED LEADERS", .right_aligned = true},
               {.title = "THEN", .right_aligned = true}});
  for (const auto& [id, row] : rows) {
    table.AddRow({std::to_string(id), std::to_string(row.replicas_before),
                  std::to_string(row.replicas_after), std::to_string(row.leaders_before),
                  std::to_string(row.leaders_after)});
  }
  const auto moved = static_cast<int64_t>(plan.changes.size()) - plan.reordered;
  return table.ToString() +
         absl::StrFormat("%s of %s move. %s get only another preferred leader.\n",
                         Plural(plan.moved_replicas, "replica"), Plural(moved, "partition"),
                         Plural(plan.reordered, "partition"));
}

void AddMaxMovesFlag(CLI::App* verb, int32_t* max_moves) {
  verb->add_option("--max-moves-per-broker", *max_moves,
                   absl::StrFormat("At most this many replicas move to or from one broker at "
                                   "once. Default: %d.",
                                   kDefaultMaxMoves))
      ->type_name("N")
      ->check(CommandLine::NonNegativeInt32());
}

}  // namespace quorate::cli
