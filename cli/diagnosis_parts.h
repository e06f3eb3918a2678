// The parts of a diagnosis (diagnosis.h). Each looks at one concept and adds what it finds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/diagnosis.h"

namespace quorate::cli {

using Findings = std::vector<Finding>;

// Each process by itself, and how the versions and clocks of the processes compare.
void DiagnoseProcesses(const ClusterFacts& facts, Findings& findings);
// The active controller and the voters.
void DiagnoseQuorum(const ClusterFacts& facts, Findings& findings);
// How often the active controller changed, why, and how fast the disks are.
void DiagnoseElections(const ClusterFacts& facts, Findings& findings);
// Brokers, partitions, topics and the metadata version.
void DiagnoseCluster(const ClusterFacts& facts, Findings& findings);

// A controller or a broker that is further behind has a problem.
inline constexpr int64_t kManyOffsets = 10'000;

// Returns how a finding names a process, as in "controller 1 (127.0.0.1:9091)".
std::string NameOf(const ProcessFacts& process);

// Returns the duration as DurationText does.
std::string SecondsText(double seconds);

// Returns the first ten items, and how many more there are.
template <typename T>
std::string Names(const std::vector<T>& items) {
  constexpr size_t kMostNamed = 10;
  const size_t named = std::min(items.size(), kMostNamed);
  std::string text =
      absl::StrJoin(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(named), ", ");
  if (named < items.size()) absl::StrAppendFormat(&text, " and %d more", items.size() - named);
  return text;
}

}  // namespace quorate::cli
