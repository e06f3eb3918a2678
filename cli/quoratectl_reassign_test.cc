// Tests of quoratectl's commands that move partitions, against a fake controller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/testing/run_quoratectl.h"
#include "client/testing/fake_admin_service.h"
#include "storage/testing/temp_dir.h"

namespace quorate::cli {
namespace {

using client::FakeAdminService;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Replicas = std::vector<int32_t>;

// Brokers 1 to 3, and the topic "orders" with these partitions.
class ReassignTest : public ::testing::Test {
 protected:
  ReassignTest() {
    for (int32_t id = 1; id <= 3; ++id) service_.describe_cluster.add_brokers()->set_broker_id(id);
    auto* topic = service_.describe_topics.add_topics();
    topic->set_name("orders");
    for (const Replicas& replicas : {Replicas{1, 2}, Replicas{2, 1}, Replicas{1, 2}}) {
      auto* partition = topic->add_partitions();
      partition->set_partition(topic->partitions_size() - 1);
      partition->mutable_replicas()->Add(replicas.begin(), replicas.end());
    }
  }

  Result Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--bootstrap", service_.endpoint().ToString()});
    return Quoratectl(arguments);
  }
  Result Reassign(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"partitions", "reassign"});
    return Run(std::move(arguments));
  }

  void AddReassignment(int32_t partition) {
    auto* listed = service_.list_reassignments.add_reassignments();
    listed->set_name("orders");
    listed->set_partition(partition);
    for (const int32_t id : {3, 1, 2}) listed->add_replicas(id);
    listed->add_adding_replicas(3);
    listed->add_removing_replicas(2);
    for (const int32_t id : {1, 2}) listed->add_isr(id);
  }

  std::string Write(const std::string& text) const {
    std::ofstream(file_) << text;
    return file_;
  }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  FakeAdminService service_{[](int /*call*/) { return grpc::Status::OK; }};
  const storage::TempDir dir_;
  const std::string file_ = dir_.path() + "/plan.json";
};

TEST_F(ReassignTest, APlanIsWrittenWithAWayBack) {
  const std::string rollback = file_ + ".before";
  const Result result = Reassign({"plan", file_, "--exclude-broker", "2", "--rollback", rollback});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 replicas of 3 partitions move."));
  EXPECT_THAT(result.out, HasSubstr("quoratectl partitions reassign execute " + file_));
  const auto plan = nlohmann::json::parse(Read(file_));
  EXPECT_EQ(plan["version"], 1);
  ASSERT_EQ(plan["partitions"].size(), 3u);
  for (const auto& partition : plan["partitions"]) {
    EXPECT_EQ(partition["replicas"].size(), 2u);
    for (const auto& id : partition["replicas"]) EXPECT_NE(id, 2);
  }
  const auto before = nlohmann::json::parse(Read(rollback));
  EXPECT_EQ(before["partitions"][1]["replicas"], nlohmann::json({2, 1}));
  EXPECT_THAT(service_.changes(), IsEmpty());

  const Result again = Reassign({"plan", file_, "--exclude-broker", "2", "--output", "json"});
  EXPECT_EQ(nlohmann::json::parse(again.out)["moved_replicas"], 3);
  EXPECT_EQ(Reassign({"plan", "-", "--exclude-broker", "2"}).out, Read(file_));
}

TEST_F(ReassignTest, WhatCannotBePlannedIsRefused) {
  const Result result = Reassign(
      {"plan", file_, "--exclude-broker", "2", "--exclude-broker", "3", "--topics", "orders"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("partition orders-0 has 2 replicas, but only 1 active broker"));
  EXPECT_THAT(Reassign({"plan", file_, "--topics", "none"}).err,
              HasSubstr("there is no topic 'none'"));
}

TEST_F(ReassignTest, AFileIsExecutedAndWhatIsDoneIsLeftAlone) {
  Write(R"({"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[3,1]},
            {"topic":"orders","partition":1,"replicas":[2,1]}]})");
  Result result = Reassign({"execute", file_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "2 of 2 partitions moved as wanted; 0 failed.\n");
  EXPECT_THAT(result.err, HasSubstr("of 2 partitions, "));
  EXPECT_THAT(service_.changes(), ElementsAre("reassign orders-0 to 3,1"));
  result = Reassign({"execute", file_, "--output", "json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(result.out)["done"], 2);
  EXPECT_THAT(service_.changes(), ElementsAre("reassign orders-0 to 3,1"));
}

TEST_F(ReassignTest, PartitionsThatFailAreNamedAndTheOthersMove) {
  auto& error = service_.reassignment_errors["orders-0"];
  error.set_code(common::v1::INVALID_REPLICA_ASSIGNMENT);
  error.set_message("broker 9 is not registered");
  error.set_outcome(common::v1::REFUSED);
  Write(R"({"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[9]},
            {"topic":"orders","partition":7,"replicas":[1]},
            {"topic":"none","partition":0,"replicas":[1]},
            {"topic":"orders","partition":2,"replicas":[3]}]})");
  const Result result = Reassign({"execute", file_});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("quoratectl: partition orders-0: INVALID_REPLICA_ASSIGNMENT: "
                                    "broker 9 is not registered\n"));
  EXPECT_THAT(result.err, HasSubstr("partition orders-7: UNKNOWN_TOPIC_OR_PARTITION"));
  EXPECT_THAT(result.err, HasSubstr("partition none-0: UNKNOWN_TOPIC_OR_PARTITION"));
  EXPECT_EQ(result.out, "1 of 4 partitions moved as wanted; 3 failed.\n");
  EXPECT_THAT(service_.changes(), ElementsAre("reassign orders-2 to 3"));
}

TEST_F(ReassignTest, ABadFileIsNotExecuted) {
  Write("{\"version\":1,\n\"partitions\":[{]}");
  const Result result = Reassign({"execute", file_});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("plan.json\": line 2, column 16: this is not JSON"));
  EXPECT_EQ(service_.call_count(), 0);
}

TEST_F(ReassignTest, TheStatusShowsWhatIsInProgress) {
  EXPECT_EQ(Reassign({"status"}).out, "No partition is being reassigned.\n");
  AddReassignment(1);
  EXPECT_EQ(Reassign({"status"}).out,
            "TOPIC   PARTITION  REPLICAS  ADDING  REMOVING  IN SYNC\n"
            "orders          1  3,1,2     3       2         1,2\n"
            "1 partition.\n");
  const auto json = nlohmann::json::parse(Reassign({"status", "--output", "json"}).out);
  EXPECT_EQ(json["reassignments"][0]["adding_replicas"], nlohmann::json({3}));
}

TEST_F(ReassignTest, ReassignmentsAreCancelled) {
  AddReassignment(0);
  AddReassignment(2);
  Write(R"({"version":1,"partitions":[{"topic":"orders","partition":1,"replicas":[3]},
            {"topic":"orders","partition":2,"replicas":[3]}]})");
  EXPECT_EQ(Reassign({"cancel", file_}).out, "Cancelled 1 reassignment.\n");
  EXPECT_THAT(service_.changes(), ElementsAre("cancel orders-2"));
  service_.reassignment_errors["orders-0"].set_code(common::v1::NO_REASSIGNMENT_IN_PROGRESS);
  const Result result = Reassign({"cancel", "--all"});
  EXPECT_EQ(result.exit_code, 0) << "it was complete already";
  EXPECT_EQ(result.out, "Cancelled 1 reassignment.\n");
}

TEST_F(ReassignTest, ABrokerIsDrainedAndGetsItsShareAgain) {
  Result result = Run({"brokers", "drain", "2", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 replicas of 3 partitions move."));
  EXPECT_THAT(service_.changes(), IsEmpty());
  result = Run({"brokers", "drain", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "3 of 3 partitions moved as wanted; 0 failed.\n");
  EXPECT_EQ(service_.changes().size(), 3u);
  EXPECT_THAT(Run({"brokers", "drain", "2"}).err, HasSubstr("nothing moves"));
  EXPECT_THAT(Run({"brokers", "undrain", "2", "--dry-run"}).out,
              HasSubstr("2 replicas of 2 partitions move."));
}

}  // namespace
}  // namespace quorate::cli
