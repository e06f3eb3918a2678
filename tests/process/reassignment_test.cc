// Partitions move to other brokers: the whole way, and halfway back.
#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;
using Partition = admin::v1::PartitionDescription;

class ReassignmentTest : public ::testing::Test {
 protected:
  ReassignmentTest() {
    cluster_.Start();
    CreateTopic(client_, "orders", 8, 3);
  }

  admin::v1::TopicDescription Topic() {
    admin::v1::DescribeTopicsRequest request;
    request.add_topics("orders");
    return Must(client_.DescribeTopics(request)).topics(0);
  }
  bool AllOf(const std::function<bool(const Partition&)>& condition) {
    const admin::v1::TopicDescription topic = Topic();
    return std::all_of(topic.partitions().begin(), topic.partitions().end(), condition);
  }
  static bool InSync(const Partition& partition) {
    return partition.isr_size() == partition.replicas_size() && partition.leader_id() > 0;
  }
  static bool IsOn(const Partition& partition, int broker) {
    return std::count(partition.replicas().begin(), partition.replicas().end(), broker) > 0;
  }

  RunResult Ctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    arguments.insert(arguments.end(), {"--bootstrap", cluster_.Bootstrap()});
    return quorate::testing::Run(arguments);
  }
  std::string Write(const std::string& text) {
    const std::string path = cluster_.directory() + "/plan.json";
    std::ofstream(path) << text;
    return path;
  }
  // A file that gives partition 0 these replicas.
  std::string PlanOf(const std::string& replicas) {
    return Write(absl::StrFormat(
        R"({"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[%s]}]})",
        replicas));
  }

  Cluster cluster_{{.controllers = 3, .brokers = 4}};
  client::AdminClient client_ = cluster_.Client();
};

TEST_F(ReassignmentTest, ABrokerIsDrainedAndGetsItsShareAgain) {
  ASSERT_TRUE(WaitFor([&] { return AllOf(InSync); }));
  RunResult result = Ctl({"brokers", "drain", "4"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  EXPECT_TRUE(AllOf([](const Partition& partition) {
    return InSync(partition) && partition.replicas_size() == 3 && !IsOn(partition, 4) &&
           partition.leader_id() != 4;
  }));
  result = Ctl({"brokers", "drain", "4"});
  EXPECT_EQ(result.status.code, 0) << "there is nothing left to do: " << result.errors;

  result = Ctl({"brokers", "undrain", "4", "--max-moves-per-broker", "2"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  int replicas = 0;
  const admin::v1::TopicDescription topic = Topic();
  for (const Partition& partition : topic.partitions()) replicas += IsOn(partition, 4) ? 1 : 0;
  EXPECT_EQ(replicas, 6) << "a quarter of 24";
}

TEST_F(ReassignmentTest, AReassignmentIsCancelledHalfwayAfterAFailover) {
  ASSERT_TRUE(WaitFor([&] { return AllOf(InSync); }));
  const Partition before = Topic().partitions(0);
  int outsider = 1;
  while (IsOn(before, outsider)) ++outsider;
  cluster_.broker(outsider).Kill();
  cluster_.AwaitUnfencedBrokers(3);
  // The dead broker cannot catch up, so the reassignment does not end.
  admin::v1::AlterPartitionReassignmentsRequest request;
  request.add_topics()->mutable_topic()->set_name("orders");
  request.mutable_topics(0)->add_partitions()->mutable_target()->add_broker_ids(outsider);
  EXPECT_FALSE(Must(client_.AlterPartitionReassignments(request)).results(0).has_error());
  const int active = cluster_.AwaitActive();
  cluster_.controller(active).Kill();

  RunResult result = Ctl({"partitions", "reassign", "status", "--output", "json"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  const auto listed = nlohmann::json::parse(result.output)["reassignments"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["adding_replicas"], nlohmann::json({outsider}));
  result = Ctl({"partitions", "reassign", "cancel", PlanOf("1")});
  EXPECT_EQ(result.output, "Cancelled 1 reassignment.\n") << result.errors;
  const Partition after = Topic().partitions(0);
  EXPECT_EQ(std::vector<int>(after.replicas().begin(), after.replicas().end()),
            std::vector<int>(before.replicas().begin(), before.replicas().end()));
  EXPECT_EQ(after.leader_id(), before.leader_id());
  EXPECT_EQ(Ctl({"partitions", "reassign", "cancel", "--all"}).output,
            "Cancelled 0 reassignments.\n");
}

TEST_F(ReassignmentTest, AFileMovesTheLeadershipWithTheReplicas) {
  ASSERT_TRUE(WaitFor([&] { return AllOf(InSync); }));
  const Partition before = Topic().partitions(0);
  int outsider = 1;
  while (IsOn(before, outsider)) ++outsider;
  const RunResult result =
      Ctl({"partitions", "reassign", "execute", PlanOf(std::to_string(outsider))});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("1 of 1 partition moved as wanted"));
  const Partition after = Topic().partitions(0);
  EXPECT_EQ(after.replicas_size(), 1);
  EXPECT_EQ(after.leader_id(), outsider);
  EXPECT_GT(after.leader_epoch(), before.leader_epoch());
}

}  // namespace
}  // namespace quorate::testing
