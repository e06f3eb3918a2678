// quoratectl quorum: the controllers as a Raft quorum.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddQuorum(CommandLine& line);

// Leader and high watermark, then a line for each voter and observer. `now_ms` is the wall time.
std::string QuorumText(const admin::v1::DescribeQuorumResponse& quorum, int64_t now_ms);

// "1 in epoch 3 since 2024-02-29 10:22:01 UTC (3.2 s ago)"; "none" if none is known.
std::string LeaderText(const admin::v1::DescribeQuorumResponse& quorum, int64_t now_ms);

// What tells a replica apart, besides its node id.
struct ReplicaColumn {
  std::string title;
  std::function<std::string(const admin::v1::DescribeQuorumResponse::Replica& replica)> cell;
};

// Voters and observers, a line each, with one column of the caller's.
std::string ReplicasText(const admin::v1::DescribeQuorumResponse& quorum,
                         const ReplicaColumn& column);

// A line, with an empty one before the first, for each replica that the answering controller does
// not reach, or reaches where it does not expect it; empty: there are none.
std::string ContactsText(const admin::v1::DescribeQuorumResponse& quorum);

// Whether a voter has answered the leader within the last 2 s, or is the leader.
bool InContact(const admin::v1::DescribeQuorumResponse& quorum,
               const admin::v1::DescribeQuorumResponse::Replica& voter);

// How many more voters may fail before nothing can be decided; negative: that many are missing even
// now. Nothing where only the leader knows, because another answered.
std::optional<int> ToleratedFailures(const admin::v1::DescribeQuorumResponse& quorum);

// "3 of 3 voters in contact: tolerates 1 more failure".
std::string ToleranceText(const admin::v1::DescribeQuorumResponse& quorum);

}  // namespace quorate::cli
