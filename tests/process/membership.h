// The common fixture of membership tests: a cluster with observers, `quoratectl quorum`, and the
// current voters.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/process/topic_stream.h"

namespace quorate::testing {

using admin::v1::DescribeQuorumResponse;

inline std::set<int> Ids(
    const google::protobuf::RepeatedPtrField<DescribeQuorumResponse::Replica>& list) {
  std::set<int> ids;
  for (const auto& replica : list) ids.insert(replica.node_id());
  return ids;
}

class MembershipTest : public ::testing::Test {
 protected:
  void StartCluster(int founders, int observers) {
    cluster_.emplace(ClusterOptions{.controllers = founders, .observers = observers, .brokers = 1});
    cluster_->Start();
  }

  // Returns the command line `quoratectl quorum …`.
  std::vector<std::string> Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {QuoratectlProgram(), "quorum"});
    arguments.insert(arguments.end(), {"--bootstrap", cluster_->Bootstrap()});
    return arguments;
  }

  void Quoratectl(const std::vector<std::string>& arguments) {
    const RunResult result = testing::Run(Command(arguments));
    ASSERT_EQ(result.status.code, 0) << result.output << result.errors;
  }

  // Expects that the command is refused, and returns its only line of output.
  std::string Refused(const std::vector<std::string>& arguments) {
    const RunResult result = testing::Run(Command(arguments));
    EXPECT_EQ(result.status.code, 1) << result.output << result.errors;
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
    return result.errors;
  }

  void StartObserver(int node) {
    cluster_->StartController(node);
    cluster_->AwaitReady({node});
  }

  DescribeQuorumResponse Quorum() {
    client::AdminClient client = cluster_->Client();
    return testing::Must(client.DescribeQuorum({}));
  }

  void ExpectVoters(const std::set<int>& ids) { EXPECT_EQ(Ids(Quorum().voters()), ids); }

  void ExpectNothingLost(TopicStream& stream, const std::vector<int>& nodes) {
    stream.Stop();
    for (const int node : nodes) {
      SCOPED_TRACE(node);
      client::AdminClient client = cluster_->Client({node});
      ExpectExactlyAcknowledged(client, stream);
    }
  }

  std::optional<Cluster> cluster_;
};

}  // namespace quorate::testing
