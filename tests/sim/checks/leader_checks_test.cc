#include "tests/sim/checks/leader_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/testing/test_log.h"

namespace quorate::sim {
namespace {

using metadata::PartitionChange;
using ::testing::Optional;

// A partition with the replicas 1, 2 and 3, the ISR 1, 2 and the leader 1. All brokers are
// unfenced.
class LeaderChecksTest : public ::testing::Test {
 protected:
  LeaderChecksTest() {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    for (int32_t id = 1; id <= 3; ++id) {
      const metadata::BrokerRegistration broker{
          .id = BrokerId(id),
          .incarnation_id = metadata::TestUuid(static_cast<uint16_t>(id)),
          .broker_epoch = log_.end_offset(),
          .endpoint = {"broker", 9092}};
      log_.MustAppend({metadata::MakeRegisterBrokerRecord(broker)});
      SetFenced(id, false);
    }
    const std::vector<metadata::NewPartition> partitions = {
        {.replicas = {BrokerId(1), BrokerId(2), BrokerId(3)},
         .isr_mask = 0b011,
         .leader_position = 0}};
    log_.MustAppend({metadata::MakeTopicRecord("t", kTopic),
                     metadata::MakePartitionsRecord(kTopic, 0, partitions)});
    EXPECT_EQ(Check(), std::nullopt);
  }

  void SetFenced(int32_t id, bool fenced) {
    log_.MustAppend({metadata::MakeBrokerRegistrationChangeRecord(
        BrokerId(id), log_.image().FindBroker(BrokerId(id))->broker_epoch, {.fenced = fenced})});
  }
  void Change(const PartitionChange& change) {
    log_.MustAppend({metadata::MakePartitionChangesRecord(kTopic, std::vector{change})});
  }
  std::optional<std::string> Check() { return checks_.OnApplied(log_.image()); }

  const Uuid kTopic = metadata::TestUuid(7);
  metadata::TestLog log_;
  LeaderChecks checks_;
};

TEST_F(LeaderChecksTest, AMemberOfTheIsrMayLead) {
  Change({.isr_mask = 0b011, .leader_position = 1});
  EXPECT_EQ(Check(), std::nullopt);
  Change({.isr_mask = 0b111, .leader_position = 1});
  EXPECT_EQ(Check(), std::nullopt);
}

TEST_F(LeaderChecksTest, NobodyElseMay) {
  Change({.isr_mask = 0b111, .leader_position = 2});
  EXPECT_THAT(Check(), Optional(std::string("broker 3 becomes the leader of t-0 and was not in its "
                                            "ISR")));
}

TEST_F(LeaderChecksTest, AFencedBrokerLeadsNothing) {
  SetFenced(1, true);
  EXPECT_THAT(Check(), Optional(std::string("broker 1 leads t-0 and is fenced")));
}

}  // namespace
}  // namespace quorate::sim
