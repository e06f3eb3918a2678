// The fixture of the tests about reassignments.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/check.h"
#include "controller/decide/partitions/alter_reassignments.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {

// Brokers 1 to 7 at metadata version 2.
class ReassignmentFixture : public ::testing::Test {
 protected:
  using AlterPartitionReassignmentsRequest = admin::v1::AlterPartitionReassignmentsRequest;
  using AlterPartitionReassignmentsResponse = admin::v1::AlterPartitionReassignmentsResponse;
  using AlterPartitionRequest = broker::v1::AlterPartitionRequest;
  using AlterPartitionResponse = broker::v1::AlterPartitionResponse;
  using Ids = std::vector<int32_t>;

  ReassignmentFixture() {
    cluster_.UpgradeTo(2);
    cluster_.StartBrokers(7);
  }

  // Adds a partition to the request. Without a target, its reassignment is cancelled.
  static void Add(AlterPartitionReassignmentsRequest* request, const std::string& topic,
                  int32_t partition, const std::optional<Ids>& target) {
    const bool same_topic =
        !request->topics().empty() && request->topics().rbegin()->topic().name() == topic;
    auto* entry =
        same_topic ? request->mutable_topics(request->topics_size() - 1) : request->add_topics();
    entry->mutable_topic()->set_name(topic);
    auto* wanted = entry->add_partitions();
    wanted->set_partition(partition);
    if (target) {
      wanted->mutable_target()->mutable_broker_ids()->Add(target->begin(), target->end());
    }
  }
  static AlterPartitionReassignmentsRequest Request(const std::string& topic, int32_t partition,
                                                    const std::optional<Ids>& target) {
    AlterPartitionReassignmentsRequest request;
    Add(&request, topic, partition, target);
    return request;
  }

  AlterPartitionReassignmentsResponse Alter(const AlterPartitionReassignmentsRequest& request) {
    CHECK(!CheckSize(request, {}).has_value());
    last_ = DecideAlterPartitionReassignments(cluster_.view(), request, cluster_.context());
    cluster_.Apply(last_);
    return ToResponse(request, std::get<ItemResults>(last_.answer));
  }
  // Reassigns partition 0 of "t", or cancels, which must succeed. Returns the partition.
  std::string Reassign(const std::optional<Ids>& target) {
    const auto response = Alter(Request("t", 0, target));
    EXPECT_FALSE(response.results(0).has_error()) << response.results(0).error().message();
    return Partition();
  }
  // Returns "CODE, MESSAGE" of the partition, for which nothing must be written.
  std::string ErrorOf(const AlterPartitionReassignmentsRequest& request) {
    const auto response = Alter(request);
    EXPECT_EQ(last_.records.records_size(), 0);
    const auto& error = response.results(0).error();
    return common::v1::ErrorCode_Name(error.code()) + ", " + error.message();
  }

  // The leader of partition 0 of "t" asks for this ISR. Returns its answer.
  AlterPartitionResponse::Partition ChangeIsr(const Ids& isr) {
    const metadata::TopicPtr topic = cluster_.image().FindTopicByName("t");
    const metadata::PartitionView partition = topic->partition(0);
    AlterPartitionRequest request;
    request.set_broker_id(partition.leader()->value());
    request.set_broker_epoch(cluster_.image().FindBroker(*partition.leader())->broker_epoch);
    auto* of_topic = request.add_topics();
    of_topic->set_topic_id(std::string(topic->id().bytes()));
    auto* change = of_topic->add_partitions();
    change->set_leader_epoch(partition.leader_epoch());
    change->set_partition_epoch(partition.partition_epoch());
    for (const int32_t id : isr) {
      auto* member = change->add_new_isr();
      member->set_broker_id(id);
      member->set_broker_epoch(-1);
    }
    const auto decision = DecideAlterPartition(cluster_.view(), request, cluster_.context());
    cluster_.Apply(decision);
    return std::get<AlterPartitionResponse>(decision.answer).topics(0).partitions(0);
  }

  std::string Partition() { return ToText(cluster_.image().FindTopicByName("t")->partition(0)); }

  DecisionFixture cluster_;
  Decision<ItemResults> last_;
};

}  // namespace quorate::controller
