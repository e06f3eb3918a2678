// quoratectl quorum: the controllers as a Raft quorum.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/host_port.h"
#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddQuorum(CommandLine& line);

// Returns what the controller at `endpoint` itself knows of the quorum, or nullopt if no controller
// answers there within `timeout`. Blocks.
std::optional<admin::v1::DescribeQuorumResponse> OwnViewOfQuorum(const Session& session,
                                                                 const HostPort& endpoint,
                                                                 Duration timeout);

// Returns the leader and high watermark, then a line for each voter and observer. `now_ms` is the
// wall time.
std::string QuorumText(const admin::v1::DescribeQuorumResponse& quorum, int64_t now_ms);

// Returns for example "1 in epoch 3 since 2024-02-29 10:22:01 UTC (3.2 s ago)", or "none (epoch 3)"
// if no leader is known.
std::string LeaderText(const admin::v1::DescribeQuorumResponse& quorum, int64_t now_ms);

// An additional column that identifies a replica.
struct ReplicaColumn {
  std::string title;
  std::function<std::string(const admin::v1::DescribeQuorumResponse::Replica& replica)> cell;
};

// Returns a table of voters and observers with the caller's additional column.
std::string ReplicasText(const admin::v1::DescribeQuorumResponse& quorum,
                         const ReplicaColumn& column);

// Returns a line for each replica that the answering controller cannot reach, or reaches at an
// unexpected address, with an empty line before the first. Returns "" if there are none.
std::string ContactsText(const admin::v1::DescribeQuorumResponse& quorum);

// Returns whether a voter has answered the leader within the last 2 s, or is the leader.
bool InContact(const admin::v1::DescribeQuorumResponse& quorum,
               const admin::v1::DescribeQuorumResponse::Replica& voter);

// Returns how many more voters may fail before the quorum is lost. A negative number is the number
// of voters that are missing now. Returns nullopt if the answer is not from the leader, which alone
// knows.
std::optional<int> ToleratedFailures(const admin::v1::DescribeQuorumResponse& quorum);

// Returns for example "3 of 3 voters in contact: tolerates 1 more failure".
std::string ToleranceText(const admin::v1::DescribeQuorumResponse& quorum);

}  // namespace quorate::cli
