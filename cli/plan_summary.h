// What a plan of reassignments means for files and for people.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/reassignment_file.h"
#include "cli/reassignment_planner.h"

namespace quorate::cli {

// Return the partitions of the plan with the replicas that they have before and after it.
std::vector<PartitionReplicas> ReplicasNow(const ClusterLayout& layout,
                                           const ReassignmentPlan& plan);
std::vector<PartitionReplicas> ReplicasAfter(const ClusterLayout& layout,
                                             const ReassignmentPlan& plan);

// Returns how many replicas move, and a table of what each broker has before and after the plan.
std::string PlanText(const ClusterLayout& layout, const ReassignmentPlan& plan);

// The flag --max-moves-per-broker of commands that execute plans.
inline constexpr int32_t kDefaultMaxMoves = 10;
void AddMaxMovesFlag(CLI::App* verb, int32_t* max_moves);

}  // namespace quorate::cli
