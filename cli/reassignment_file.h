// The JSON file of kafka-reassign-partitions: which replicas partitions get.
//
//   {"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::cli {

struct PartitionReplicas {
  std::string topic;
  int32_t partition = 0;
  // In order of preference.
  std::vector<int32_t> replicas;

  friend bool operator==(const PartitionReplicas&, const PartitionReplicas&) = default;
};

// The largest file that is read: a plan for a few million partitions.
inline constexpr size_t kMaxReassignmentFileBytes = size_t{512} << 20;

// Parses the content of a file. Each partition has 1 to 32 replicas, none of them twice, and occurs
// once. `log_dirs` may be left out, and holds "any" for each replica. INVALID_ARGUMENT says what is
// wrong, where, and what is expected.
absl::StatusOr<std::vector<PartitionReplicas>> ParseReassignment(std::string_view text);

// Returns the content of a file with these partitions. ParseReassignment accepts it if they follow
// its rules.
std::string ReassignmentText(const std::vector<PartitionReplicas>& partitions);

// Reads a file; "-" is standard input. The error names the file.
absl::StatusOr<std::vector<PartitionReplicas>> ReadReassignmentFile(const std::string& path);
// Writes a file, or replaces it as a whole.
absl::Status WriteReassignmentFile(const std::string& path,
                                   const std::vector<PartitionReplicas>& partitions);

}  // namespace quorate::cli
