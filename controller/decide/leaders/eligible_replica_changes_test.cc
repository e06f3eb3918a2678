// What happens to eligible leader replicas (KIP-966) when brokers and configs change.
#include "controller/decide/leaders/eligible_replica_changes.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/decide/brokers/unregister_broker.h"
#include "controller/decide/leaders/elect_leaders.h"
#include "controller/decide/partitions/alter_reassignments.h"
#include "controller/decide/partitions/partition_conditions.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/testing/decision_fixture.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using Ids = std::vector<int32_t>;

constexpr char kMinIsr[] = "min.insync.replicas";

class EligibleReplicaChangesTest : public ::testing::Test {
 protected:
  EligibleReplicaChangesTest() {
    cluster_.StartBrokers(3);
    cluster_.UseEligibleLeaderReplicas();
  }

  std::string Partition(const std::string& topic) {
    return ToText(cluster_.image().FindTopicByName(topic)->partition(0));
  }

  void Fence(int32_t id) { cluster_.Fence({BrokerId(id)}); }

  void Unregister(int32_t id) {
    admin::v1::UnregisterBrokerRequest request;
    request.set_broker_id(id);
    request.set_force(true);
    cluster_.Apply(DecideUnregisterBroker(cluster_.view(), request, cluster_.context()));
  }

  DecisionFixture cluster_;
};

TEST_F(EligibleReplicaChangesTest, TheLastTwoMembersDieAndTheEligibleOneReturns) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
  Fence(3);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2 of 1,2,3, epochs 0/1");
  Fence(2);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/2, eligible 2");
  Fence(1);
  EXPECT_EQ(Partition("t"), "no leader of 1,2,3, epochs 1/3, eligible 1,2, last leader 1");
  cluster_.Heartbeat(3);
  EXPECT_EQ(Partition("t"), "no leader of 1,2,3, epochs 1/3, eligible 1,2, last leader 1");
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2,3, epochs 2/4, eligible 1");
}

TEST_F(EligibleReplicaChangesTest, AnIsrThatIsLargeEnoughHasNoExtras) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
  Fence(3);
  EXPECT_FALSE(cluster_.image().FindTopicByName("t")->has_extras());
}

TEST_F(EligibleReplicaChangesTest, WithLevel0TheLastMemberStays) {
  cluster_.Append(metadata::MakeFeatureLevelRecord(metadata::kEligibleLeaderReplicasFeature, 0));
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
  for (const int32_t id : {3, 2, 1}) Fence(id);
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2,3, epochs 1/3");
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2,3, epochs 1/3");
}

TEST_F(EligibleReplicaChangesTest, ACleanRestartKeepsEligibilityAndAnUncleanOneDoesNot) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "3"}});
  Fence(3);
  Fence(2);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/2, eligible 2,3");
  cluster_.RestartCleanly(2, /*life=*/2);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/2, eligible 2,3");
  cluster_.Register(3, /*life=*/2);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/3, eligible 2");
  // Its last clean stop was that of an older process.
  auto request = cluster_.RegistrationOf(2, /*life=*/3);
  request.set_previous_broker_epoch(cluster_.image().FindBroker(BrokerId(2))->broker_epoch - 1);
  cluster_.Apply(DecideRegisterBroker(cluster_.view(), request, {.registered_one_is_gone = true},
                                      DecisionFixture::kClusterId, cluster_.context()));
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/4");
}

TEST_F(EligibleReplicaChangesTest, AnUncleanRestartAlsoLeavesTheIsrForGood) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "3"}});
  // Not fenced before: its session ended with the new process.
  cluster_.Register(1, /*life=*/2);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2,3 of 1,2,3, epochs 1/1");
}

TEST_F(EligibleReplicaChangesTest, TheLastLeaderLeadsUncleanlyAfterItsUncleanRestart) {
  cluster_.Create("t", {{1}});
  Fence(1);
  EXPECT_EQ(Partition("t"), "no leader of 1, epochs 1/1, eligible 1, last leader 1");
  cluster_.Register(1, /*life=*/2);
  EXPECT_EQ(Partition("t"), "no leader of 1, epochs 1/2, last leader 1");
  cluster_.Heartbeat(1);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1, epochs 2/3, recovering");
}

TEST_F(EligibleReplicaChangesTest, AnUnregisteredBrokerIsNotEligible) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "3"}});
  Fence(3);
  Unregister(3);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2 of 1,2,3, epochs 0/2");
}

TEST_F(EligibleReplicaChangesTest, TheLastLeaderLeadsWhenTheEligibleBrokerIsUnregistered) {
  cluster_.Create("t", {{1, 2}}, {{kMinIsr, "2"}});
  Fence(2);
  Fence(1);
  cluster_.Register(1, /*life=*/2);
  cluster_.Heartbeat(1);
  EXPECT_EQ(Partition("t"), "no leader of 1,2, epochs 1/3, eligible 2, last leader 1");
  Unregister(2);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2, epochs 2/4, recovering");
}

TEST_F(EligibleReplicaChangesTest, ABrokerThatShutsDownDoesNotLead) {
  cluster_.Create("t", {{1, 2}}, {{kMinIsr, "2"}});
  cluster_.Create("other", {{1}});
  Fence(1);
  cluster_.Heartbeat(1);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/1, eligible 1");
  cluster_.Stop({BrokerId(1)});
  EXPECT_FALSE(cluster_.image().FindBroker(BrokerId(1))->fenced);
  Fence(2);
  EXPECT_EQ(Partition("t"), "no leader of 1,2, epochs 2/2, eligible 1,2, last leader 2");
}

TEST_F(EligibleReplicaChangesTest, AnUncleanElectionHappensOnlyIfNoEligibleReplicaIsActive) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "3"}});
  for (const int32_t id : {3, 2, 1}) Fence(id);
  cluster_.SetConfig("t", "unclean.leader.election.enable", "true");
  cluster_.Heartbeat(3);
  EXPECT_EQ(Partition("t"), "leader 3, isr 3 of 1,2,3, epochs 2/4, eligible 1,2");
}

TEST_F(EligibleReplicaChangesTest, OperatorsElectEligibleReplicasFirst) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
  for (const int32_t id : {3, 2, 1}) Fence(id);
  cluster_.Heartbeat(3);
  const auto elect = [&](admin::v1::ElectLeadersRequest::Type type) {
    admin::v1::ElectLeadersRequest request;
    request.set_type(type);
    request.add_topics()->mutable_topic()->set_name("t");
    const auto decision = DecideElectLeaders(cluster_.view(), request, cluster_.context());
    cluster_.Apply(decision);
    const auto response = ToResponse(request, std::get<ItemResults>(decision.answer));
    return response.results(0).error().message();
  };
  EXPECT_EQ(elect(admin::v1::ElectLeadersRequest::PREFERRED),
            "broker 1, the first replica, is fenced");
  EXPECT_EQ(elect(admin::v1::ElectLeadersRequest::UNCLEAN), "");
  EXPECT_EQ(Partition("t"), "leader 3, isr 3 of 1,2,3, epochs 2/4, recovering");
}

TEST_F(EligibleReplicaChangesTest, APreferredElectionKeepsTheEligibleReplicas) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "3"}});
  Fence(3);
  cluster_.Change("t", {.isr_mask = 0b011,
                        .leader_position = 1,
                        .extras = metadata::PartitionExtras{.elr_mask = 0b100}});
  const auto moved = MoveToPreferred(cluster_.image().FindTopicByName("t")->partition(0), 0b011,
                                     {.in_use = true, .min_isr = 3});
  ASSERT_TRUE(moved);
  cluster_.Change("t", *moved);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1,2 of 1,2,3, epochs 2/3, eligible 3");
}

TEST_F(EligibleReplicaChangesTest, ALowerMinIsrEndsEligibilityAtOnce) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "3"}});
  cluster_.Create("pair", {{1, 2}}, {{kMinIsr, "3"}});
  Fence(3);
  Fence(2);
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/2, eligible 2,3");
  EXPECT_EQ(Partition("pair"), "leader 1, isr 1 of 1,2, epochs 0/1, eligible 2");
  cluster_.SetConfig("t", kMinIsr, "2");
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/2, eligible 2,3");
  cluster_.SetConfig("t", kMinIsr, "1");
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/3");
  EXPECT_EQ(Partition("pair"), "leader 1, isr 1 of 1,2, epochs 0/1, eligible 2");
  cluster_.SetConfig("pair", kMinIsr, "1");
  EXPECT_EQ(Partition("pair"), "leader 1, isr 1 of 1,2, epochs 0/2");
  // A higher one makes no replica eligible: it may lack what was committed meanwhile.
  cluster_.SetConfig("t", kMinIsr, "3");
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1,2,3, epochs 0/3");
}

TEST_F(EligibleReplicaChangesTest, WithoutALeaderAnyMinIsrKeepsEligibility) {
  cluster_.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
  for (const int32_t id : {3, 2, 1}) Fence(id);
  cluster_.SetConfig("t", kMinIsr, "1");
  EXPECT_EQ(Partition("t"), "no leader of 1,2,3, epochs 1/3, eligible 1,2, last leader 1");
}

TEST_F(EligibleReplicaChangesTest, ALowerDefaultEndsEligibilityOfTopicsWithoutTheirOwn) {
  cluster_.SetDefaultConfig(kMinIsr, "2");
  cluster_.Create("own", {{1, 2}}, {{kMinIsr, "2"}});
  cluster_.Create("default", {{1, 2}});
  Fence(2);
  const std::string eligible = "leader 1, isr 1 of 1,2, epochs 0/1, eligible 2";
  EXPECT_EQ(Partition("own"), eligible);
  EXPECT_EQ(Partition("default"), eligible);
  cluster_.SetDefaultConfig(kMinIsr, std::nullopt);
  EXPECT_EQ(Partition("own"), eligible);
  EXPECT_EQ(Partition("default"), "leader 1, isr 1 of 1,2, epochs 0/2");
}

TEST_F(EligibleReplicaChangesTest, ADefaultMinIsrIsTheOnlyChangeOfItsRequest) {
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* item = request.add_resources();
  item->mutable_resource()->set_type(admin::v1::ConfigResource::BROKER);
  for (const char* key : {kMinIsr, "log.retention.ms"}) {
    auto* change = item->add_changes();
    change->set_key(key);
    change->set_operation(admin::v1::ConfigChange::SET);
    change->set_value("2");
  }
  const auto code = [&] {
    const auto decision =
        DecideIncrementalAlterConfigs(cluster_.view(), request, cluster_.context());
    return std::get<ItemResults>(decision.answer).at(0).code;
  };
  EXPECT_EQ(code(), common::v1::INVALID_REQUEST);
  cluster_.Append(metadata::MakeFeatureLevelRecord(metadata::kEligibleLeaderReplicasFeature, 0));
  EXPECT_EQ(code(), 0);
}

TEST_F(EligibleReplicaChangesTest, EligibilityOfManyPartitionsEndsInParts) {
  constexpr int32_t kPartitions = 5'000;
  cluster_.SetDefaultConfig(kMinIsr, "2");
  cluster_.Create("wide", std::vector<Ids>(kPartitions, {1, 2}));
  Fence(2);
  SettlementPart part;
  int parts = 0;
  for (bool again = true; again; ++parts) {
    metadata::v1::RecordBatch batch;
    const auto counts = ReviewEligibleReplicasByDefault(cluster_.image(), 1, part, &batch);
    for (const auto& record : batch.records()) cluster_.Append(record);
    again = counts.rest.has_value();
    part.from = counts.rest.value_or(PartitionPlace());
  }
  EXPECT_GT(parts, 1);
  EXPECT_FALSE(cluster_.image().FindTopicByName("wide")->has_extras());
}

TEST_F(EligibleReplicaChangesTest, ACancelledReassignmentPrefersEligibleReplicas) {
  const struct {
    const char* what;
    metadata::PartitionExtras extras;
    uint32_t isr_mask;
    std::optional<size_t> leader;
    const char* after;
  } rows[] = {
      // Replicas 1, 2 and 3 while 3 is added and 1 and 2 stay.
      {"an eligible replica leads",
       {.adding_mask = 0b100, .elr_mask = 0b010},
       0b100,
       2,
       "leader 2, isr 2 of 1,2"},
      {"only the added replica has the records", {.adding_mask = 0b100}, 0b100, 2, ""},
      {"the empty ISR stays empty",
       {.adding_mask = 0b100, .elr_mask = 0b001, .last_known_leader_position = 2},
       0,
       std::nullopt,
       "no leader of 1,2"},
      {"only the added replica is eligible",
       {.adding_mask = 0b100, .elr_mask = 0b100, .last_known_leader_position = 0},
       0,
       std::nullopt,
       ""},
      {"the last leader stays",
       {.adding_mask = 0b100, .last_known_leader_position = 0},
       0,
       std::nullopt,
       "no leader of 1,2"},
      {"the last leader would leave",
       {.adding_mask = 0b100, .last_known_leader_position = 2},
       0,
       std::nullopt,
       ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    DecisionFixture cluster;
    cluster.StartBrokers(3);
    cluster.UseEligibleLeaderReplicas();
    cluster.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
    cluster.Fence({BrokerId(1)});
    cluster.Change("t",
                   {.isr_mask = row.isr_mask, .leader_position = row.leader, .extras = row.extras});
    admin::v1::AlterPartitionReassignmentsRequest request;
    request.add_topics()->mutable_topic()->set_name("t");
    request.mutable_topics(0)->add_partitions()->set_partition(0);
    const auto decision =
        DecideAlterPartitionReassignments(cluster.view(), request, cluster.context());
    cluster.Apply(decision);
    const auto& item = std::get<ItemResults>(decision.answer).at(0);
    EXPECT_EQ(item.code == 0, std::string(row.after) != "") << item.message;
    if (item.code != 0) continue;
    const std::string text = ToText(cluster.image().FindTopicByName("t")->partition(0));
    EXPECT_EQ(text.substr(0, std::string(row.after).size()), row.after);
  }
}

// A model of what replicas have. A replica has all committed records if it was in the ISR when the
// last record was committed, and has not lost records since. Brokers commit only while the ISR has
// min.insync.replicas members.
class CommittedRecords {
 public:
  explicit CommittedRecords(std::set<BrokerId> have_all) : have_all_(std::move(have_all)) {}

  // Checks the partition after a change, and then commits another record if that is possible.
  void Follow(const metadata::PartitionView& partition, size_t min_isr) {
    const std::set<BrokerId> isr = SetOf(partition, partition.isr_mask());
    if (partition.leader() && partition.recovering()) {
      // The leader was elected although it may lack records: what it has counts from now on.
      have_all_ = isr;
    }
    if (partition.leader()) {
      EXPECT_EQ(have_all_.count(*partition.leader()), 1u) << ToText(partition);
    }
    for (const BrokerId id : SetOf(partition, partition.isr_mask() | partition.elr_mask())) {
      EXPECT_EQ(have_all_.count(id), 1u) << id << " lacks records: " << ToText(partition);
    }
    const size_t needed = std::min(min_isr, partition.replica_count());
    if (partition.leader() && isr.size() >= needed) have_all_ = isr;
    // A broker deletes a replica that is taken away from it.
    std::erase_if(have_all_, [&](BrokerId id) { return !partition.PositionOf(id); });
  }

  void Lose(BrokerId id) { have_all_.erase(id); }
  // The replicas catch up with the leader. One of them may lead at once, if it completes a
  // reassignment.
  void CatchUp(const std::vector<BrokerId>& ids) { have_all_.insert(ids.begin(), ids.end()); }

 private:
  static std::set<BrokerId> SetOf(const metadata::PartitionView& partition, uint32_t mask) {
    const std::vector<BrokerId> ids = partition.ReplicasIn(mask);
    return {ids.begin(), ids.end()};
  }

  std::set<BrokerId> have_all_;
};

// Checks what must hold of every partition at level 1.
void CheckState(const metadata::PartitionView& partition, const ActiveBrokers& active,
                size_t min_isr) {
  const std::string text = ToText(partition);
  const auto last_leader = partition.extras().last_known_leader_position;
  EXPECT_EQ(partition.isr_mask() == 0, !partition.leader()) << text;
  if (partition.leader()) {
    EXPECT_EQ(last_leader, std::nullopt) << text;
    if (partition.isr_count() >= std::min(min_isr, partition.replica_count())) {
      EXPECT_EQ(partition.elr_mask(), 0u) << text;
    }
    return;
  }
  // Nobody who may lead is active.
  EXPECT_EQ(active.MaskOf(partition) & partition.elr_mask(), 0u) << text;
  if (partition.elr_mask() == 0) {
    ASSERT_TRUE(last_leader) << text;
    EXPECT_EQ(active.MaskOf(partition) >> *last_leader & 1, 0u) << text;
  }
}

TEST(EligibleReplicasRandomTest, WhoeverLeadsCleanlyHasEveryCommittedRecord) {
  int clean_after_empty = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    DecisionFixture cluster(seed);
    cluster.StartBrokers(4);
    cluster.UseEligibleLeaderReplicas();
    cluster.Create("t", {{1, 2, 3}}, {{kMinIsr, "2"}});
    CommittedRecords records({BrokerId(1), BrokerId(2), BrokerId(3)});
    uint16_t life = 2;
    bool was_empty = false;
    const auto some_broker = [&] { return BrokerId(1 + static_cast<int32_t>(rng.Below(4))); };
    for (int step = 0; step < 400; ++step) {
      const BrokerId chosen = some_broker();
      // Keeps the topic that `view` points to.
      const metadata::TopicPtr topic = cluster.image().FindTopicByName("t");
      const metadata::PartitionView view = topic->partition(0);
      switch (rng.Below(9)) {
        case 0:
          cluster.Fence({chosen});
          break;
        case 1:
          if (const BrokerId other = some_broker(); other != chosen) cluster.Fence({chosen, other});
          break;
        case 2:
          records.Lose(chosen);
          cluster.Register(chosen.value(), ++life);
          break;
        case 3:
          if (cluster.image().FindBroker(chosen)->fenced) {
            cluster.RestartCleanly(chosen.value(), ++life);
          }
          break;
        case 4:
          cluster.SetConfig("t", kMinIsr, std::to_string(1 + rng.Below(4)));
          break;
        case 5:
        case 6: {
          // The leader takes all active replicas into the ISR.
          if (!view.leader()) break;
          broker::v1::AlterPartitionRequest request;
          request.set_broker_id(view.leader()->value());
          request.set_broker_epoch(cluster.image().FindBroker(*view.leader())->broker_epoch);
          auto* of_topic = request.add_topics();
          of_topic->set_topic_id(std::string(topic->id().bytes()));
          auto* change = of_topic->add_partitions();
          change->set_leader_epoch(view.leader_epoch());
          change->set_partition_epoch(view.partition_epoch());
          const uint32_t isr = ActiveBrokers(cluster.image()).MaskOf(view);
          for (const BrokerId id : view.ReplicasIn(isr)) {
            auto* member = change->add_new_isr();
            member->set_broker_id(id.value());
            member->set_broker_epoch(-1);
          }
          records.CatchUp(view.ReplicasIn(isr));
          cluster.Apply(DecideAlterPartition(cluster.view(), request, cluster.context()));
          break;
        }
        case 7: {
          admin::v1::AlterPartitionReassignmentsRequest request;
          request.add_topics()->mutable_topic()->set_name("t");
          auto* wanted = request.mutable_topics(0)->add_partitions();
          if (rng.Below(3) != 0) {
            std::set<int32_t> target;
            while (target.size() < 3) target.insert(some_broker().value());
            for (const int32_t id : target) wanted->mutable_target()->add_broker_ids(id);
          }
          cluster.Apply(
              DecideAlterPartitionReassignments(cluster.view(), request, cluster.context()));
          break;
        }
        default:
          cluster.Heartbeat(chosen.value());
      }
      const size_t min_isr = MinIsrOf(cluster.image().Get<metadata::ConfigsImage>(),
                                      cluster.image().Get<metadata::ConfigsImage>().Find(
                                          metadata::ConfigResourceType::kTopic, "t"));
      const metadata::TopicPtr now = cluster.image().FindTopicByName("t");
      SCOPED_TRACE(step);
      CheckState(now->partition(0), ActiveBrokers(cluster.image()), min_isr);
      records.Follow(now->partition(0), min_isr);
      const bool is_empty = now->partition(0).isr_mask() == 0;
      if (was_empty && !is_empty && !now->partition(0).recovering()) ++clean_after_empty;
      was_empty = is_empty;
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(clean_after_empty, 100) << "the test elects too few eligible replicas";
}

}  // namespace
}  // namespace quorate::controller
