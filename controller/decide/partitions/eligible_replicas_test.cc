#include "controller/decide/partitions/eligible_replicas.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "controller/decide/leaders/leader_election.h"
#include "controller/decide/partitions/isr_change.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using metadata::PartitionChange;
using metadata::PartitionExtras;

constexpr auto kNoLeader = std::nullopt;

// A partition "t" with the replicas 1, 2 and 3.
class EligibleReplicasTest : public ::testing::Test {
 protected:
  EligibleReplicasTest() {
    cluster_.StartBrokers(3);
    cluster_.UseEligibleLeaderReplicas();
    cluster_.Create("t", {{1, 2, 3}});
    Reset();
  }

  // Gives the partition extras, because only a partition with extras can lose all of them.
  void Reset() {
    cluster_.Change("t", {.isr_mask = 0b111,
                          .leader_position = 0,
                          .extras = PartitionExtras{.last_known_leader_position = 0}});
  }

  metadata::PartitionView Partition() {
    topic_ = cluster_.image().FindTopicByName("t");
    return topic_->partition(0);
  }

  DecisionFixture cluster_;
  metadata::TopicPtr topic_;
};

struct State {
  uint32_t isr = 0;
  std::optional<size_t> leader;
  uint32_t elr = 0;
  std::optional<uint8_t> last_leader;
};

TEST_F(EligibleReplicasTest, AChangeOfTheIsrRowByRow) {
  const struct {
    const char* what;
    size_t min_isr;
    State before;
    // The new ISR and leader.
    uint32_t isr;
    std::optional<size_t> leader;
    uint32_t lost;
    // What follows.
    uint32_t elr;
    std::optional<uint8_t> last_leader;
  } rows[] = {
      {"the ISR stays large enough", 2, {0b111, 0}, 0b011, 0, 0, 0, {}},
      {"it falls below", 3, {0b111, 0}, 0b011, 0, 0, 0b100, {}},
      {"further replicas are added", 3, {0b011, 0, 0b100}, 0b001, 0, 0, 0b110, {}},
      {"an eligible replica is in the ISR again", 3, {0b001, 0, 0b110}, 0b011, 0, 0, 0b100, {}},
      {"the ISR is large enough again", 2, {0b001, 0, 0b110}, 0b011, 0, 0, 0, {}},
      {"at most the number of replicas", 9, {0b011, 0, 0b100}, 0b111, 0, 0, 0, {}},
      {"below the number of replicas", 9, {0b111, 0}, 0b110, 1, 0, 0b001, {}},
      {"a minimum of 1", 1, {0b111, 0}, 0b100, 2, 0, 0, {}},
      {"the last member leaves", 1, {0b010, 1}, 0, kNoLeader, 0, 0b010, 1},
      {"all members leave", 2, {0b111, 2}, 0, kNoLeader, 0, 0b111, 2},
      {"the ISR stays empty", 2, {0, kNoLeader, 0b011, 1}, 0, kNoLeader, 0, 0b011, 1},
      {"an eligible replica leads", 2, {0, kNoLeader, 0b011, 1}, 0b001, 0, 0, 0b010, {}},
      {"... and is enough", 1, {0, kNoLeader, 0b010, 1}, 0b010, 1, 0, 0, {}},
      {"a member has lost records", 3, {0b111, 0}, 0b011, 0, 0b100, 0, {}},
      {"an eligible replica has", 3, {0b001, 0, 0b110}, 0b001, 0, 0b100, 0b010, {}},
      {"... without a leader", 2, {0, kNoLeader, 0b011, 0}, 0, kNoLeader, 0b001, 0b010, 0},
      {"the last eligible one has", 2, {0, kNoLeader, 0b010, 0}, 0, kNoLeader, 0b010, 0, 0},
      {"the leader has", 2, {0b001, 0}, 0, kNoLeader, 0b001, 0, 0},
      {"the last one of an ISR without a leader", 2, {0b110}, 0, kNoLeader, 0b110, 0, 1},
      {"the last one without a known leader", 2, {0, kNoLeader, 0b100}, 0, kNoLeader, 0b100, 0, 2},
      {"members of an ISR without a leader leave", 2, {0b110}, 0, kNoLeader, 0, 0b110, {}},
      {"another member leads", 3, {0b011, 0, 0b100}, 0b011, 1, 0, 0b100, {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    cluster_.Change(
        "t", {.isr_mask = row.before.isr,
              .leader_position = row.before.leader,
              .extras = PartitionExtras{.elr_mask = row.before.elr,
                                        .last_known_leader_position = row.before.last_leader}});
    const PartitionExtras extras = NextExtras(
        Partition(), {.isr_mask = row.isr, .leader_position = row.leader, .lost_mask = row.lost},
        {.in_use = true, .min_isr = row.min_isr});
    EXPECT_EQ(extras.elr_mask, row.elr);
    EXPECT_EQ(extras.last_known_leader_position, row.last_leader);
    // What follows can be replayed.
    cluster_.Change("t", ChangeIsr(Partition(), row.isr, row.leader,
                                   {.in_use = true, .min_isr = row.min_isr}, row.lost));
    Reset();
  }
}

TEST_F(EligibleReplicasTest, NotInUseNothingBecomesEligible) {
  cluster_.Change("t",
                  {.isr_mask = 0b001,
                   .leader_position = 0,
                   .extras = PartitionExtras{.elr_mask = 0b110, .last_known_leader_position = 2}});
  const PartitionExtras extras =
      NextExtras(Partition(), {.isr_mask = 0b011, .leader_position = 0, .lost_mask = 0b100}, {});
  EXPECT_EQ(extras.elr_mask, 0b100u);
  EXPECT_EQ(extras.last_known_leader_position, 2);
}

TEST_F(EligibleReplicasTest, AnElectionRowByRow) {
  const struct {
    const char* what;
    State before;
    uint32_t active;
    uint32_t lost;
    Unclean unclean;
    // For example "leader 2, isr 2 of 1,2,3", without epochs.
    const char* after;
  } rows[] = {
      {"the ISR comes first",
       {0b010, 1, 0b101},
       0b111,
       0,
       Unclean::kForbidden,
       "leader 2, isr 2 of 1,2,3, eligible 1,3"},
      {"then the first active eligible replica",
       {0b001, 0, 0b110},
       0b110,
       0,
       Unclean::kForbidden,
       "leader 2, isr 2 of 1,2,3, eligible 1,3"},
      {"in the order of replicas",
       {0, kNoLeader, 0b110, 2},
       0b111,
       0,
       Unclean::kForbidden,
       "leader 2, isr 2 of 1,2,3, eligible 3"},
      {"none is active",
       {0, kNoLeader, 0b010, 0},
       0b101,
       0,
       Unclean::kForbidden,
       "no leader of 1,2,3, eligible 2, last leader 1"},
      {"the last leader only if none is eligible",
       {0, kNoLeader, 0, 0},
       0b101,
       0,
       Unclean::kForbidden,
       "leader 1, isr 1 of 1,2,3, recovering"},
      {"an inactive last leader does not lead",
       {0, kNoLeader, 0, 1},
       0b101,
       0,
       Unclean::kForbidden,
       "no leader of 1,2,3, last leader 2"},
      {"unclean after all of them",
       {0, kNoLeader, 0b010, 1},
       0b101,
       0,
       Unclean::kAllowed,
       "leader 1, isr 1 of 1,2,3, recovering"},
      {"the last leader before any other",
       {0, kNoLeader, 0, 2},
       0b101,
       0,
       Unclean::kAllowed,
       "leader 3, isr 3 of 1,2,3, recovering"},
      {"an eligible one before an unclean one",
       {0, kNoLeader, 0b100, 0},
       0b111,
       0,
       Unclean::kAllowed,
       "leader 3, isr 3 of 1,2,3"},
      {"all leave",
       {0b011, 0},
       0b100,
       0,
       Unclean::kForbidden,
       "no leader of 1,2,3, eligible 1,2, last leader 1"},
      {"what an older cluster kept in the ISR",
       {0b011},
       0b010,
       0,
       Unclean::kForbidden,
       "leader 2, isr 2 of 1,2,3, eligible 1"},
      {"the last eligible one lost records",
       {0, kNoLeader, 0b010, 0},
       0b001,
       0b010,
       Unclean::kForbidden,
       "leader 1, isr 1 of 1,2,3, recovering"},
      {"the only member lost records",
       {0b010, 1},
       0b001,
       0b010,
       Unclean::kForbidden,
       "no leader of 1,2,3, last leader 2"},
      {"nobody is active",
       {0b010, 1, 0b100},
       0,
       0,
       Unclean::kAllowed,
       "no leader of 1,2,3, eligible 2,3, last leader 2"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    cluster_.Change(
        "t", {.isr_mask = row.before.isr,
              .leader_position = row.before.leader,
              .extras = PartitionExtras{.elr_mask = row.before.elr,
                                        .last_known_leader_position = row.before.last_leader}});
    cluster_.Change("t", Settle(Partition(), row.active, row.unclean,
                                {.in_use = true, .min_isr = 2}, row.lost));
    std::string text = ToText(Partition());
    const size_t epochs = text.find(", epochs");
    text.erase(epochs, text.find_first_of(',', epochs + 2) - epochs);
    EXPECT_EQ(text, row.after);
    Reset();
  }
}

TEST_F(EligibleReplicasTest, ThePolicyOfATopicIsItsMinIsr) {
  cluster_.SetDefaultConfig("min.insync.replicas", "2");
  cluster_.Create("own", {{1, 2, 3}}, {{"min.insync.replicas", "3"}});
  ElrPolicies policies(cluster_.image());
  const auto of = [&](const char* topic) {
    return policies.Of(*cluster_.image().FindTopicByName(topic));
  };
  EXPECT_TRUE(of("t").in_use);
  EXPECT_EQ(of("t").min_isr, 2u);
  EXPECT_EQ(of("own").min_isr, 3u);
  EXPECT_EQ(of("t").min_isr, 2u);
}

}  // namespace
}  // namespace quorate::controller
