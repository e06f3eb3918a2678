#include "tests/sim/checks/registration_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/testing/test_log.h"

namespace quorate::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

constexpr char kShutdown[] = "controlled shutdown of broker 1";

// The brokers 1 and 2 are unfenced. Broker 1 leads a partition, and broker 2 follows.
class RegistrationChecksTest : public ::testing::Test {
 protected:
  RegistrationChecksTest() {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(3)});
    for (int32_t id = 1; id <= 2; ++id) {
      Register(id);
      checks_.OnReplayed(ProcessOf(id), RecordOffset(log_.end_offset()));
      Unfence(id);
    }
    const std::vector<metadata::NewPartition> partitions = {
        {.replicas = {BrokerId(1), BrokerId(2)}, .isr_mask = 0b11, .leader_position = 0}};
    log_.MustAppend({metadata::MakeTopicRecord("t", kTopic),
                     metadata::MakePartitionsRecord(kTopic, 0, partitions)});
    EXPECT_EQ(Check(), std::nullopt);
  }

  static Uuid ProcessOf(int32_t id) { return metadata::TestUuid(static_cast<uint16_t>(id)); }
  void Register(int32_t id) {
    log_.MustAppend({metadata::MakeRegisterBrokerRecord({.id = BrokerId(id),
                                                         .incarnation_id = ProcessOf(id),
                                                         .broker_epoch = log_.end_offset(),
                                                         .endpoint = {"broker", 9092}})});
    EXPECT_EQ(Check(), std::nullopt);
  }
  metadata::v1::Record ChangeOf(int32_t id, const metadata::BrokerChange& change) const {
    return metadata::MakeBrokerRegistrationChangeRecord(
        BrokerId(id), log_.image().FindBroker(BrokerId(id))->broker_epoch, change);
  }
  void Unfence(int32_t id) { log_.MustAppend({ChangeOf(id, {.fenced = false})}); }
  // Begins the controlled shutdown of broker 1 in the log: broker 2 leads.
  void BeginShutdown() {
    log_.MustAppend(
        {metadata::MakePartitionChangesRecord(kTopic, std::vector{metadata::PartitionChange{
                                                          .isr_mask = 0b10, .leader_position = 1}}),
         ChangeOf(1, {.in_controlled_shutdown = true})});
  }
  std::optional<std::string> Check(const std::string& principal = "",
                                   const std::string& cause = "") {
    return checks_.OnApplied(principal, cause, log_.image());
  }

  const Uuid kTopic = metadata::TestUuid(7);
  metadata::TestLog log_;
  RegistrationChecks checks_;
};

TEST_F(RegistrationChecksTest, ABrokerIsUnfencedOnceItHasReplayedItsRegistration) {
  Register(3);
  checks_.OnReplayed(ProcessOf(3), RecordOffset(log_.end_offset() - 1));
  Unfence(3);
  EXPECT_THAT(Check(), Optional(HasSubstr("broker 3 is unfenced, but has replayed up to")));
}

TEST_F(RegistrationChecksTest, OnlyABrokerThatWantsToStopIsInControlledShutdown) {
  BeginShutdown();
  EXPECT_THAT(Check("", kShutdown), Optional(std::string("broker 1 is in controlled shutdown and "
                                                         "has not asked for it")));
}

TEST_F(RegistrationChecksTest, ABrokerMayStopWhenTheOthersKnowTheirLeaders) {
  checks_.OnStopping(ProcessOf(1));
  BeginShutdown();
  EXPECT_EQ(Check("", kShutdown), std::nullopt);
  EXPECT_THAT(checks_.OnReleased(BrokerId(1)),
              Optional(HasSubstr("broker 1 may stop, but broker 2 has replayed up to")));
  checks_.OnReplayed(ProcessOf(2), RecordOffset(log_.end_offset()));
  EXPECT_EQ(checks_.OnReleased(BrokerId(1)), std::nullopt);
}

TEST_F(RegistrationChecksTest, ABrokerDoesNotWaitForAFencedOne) {
  checks_.OnStopping(ProcessOf(1));
  BeginShutdown();
  EXPECT_EQ(Check("", kShutdown), std::nullopt);
  log_.MustAppend({ChangeOf(2, {.fenced = true})});
  EXPECT_EQ(Check(), std::nullopt);
  EXPECT_EQ(checks_.OnReleased(BrokerId(1)), std::nullopt);
}

TEST_F(RegistrationChecksTest, ABrokerWhoseSessionIsOverDoesNotWait) {
  checks_.OnStopping(ProcessOf(1));
  BeginShutdown();
  EXPECT_EQ(Check("", kShutdown), std::nullopt);
  log_.MustAppend({ChangeOf(1, {.fenced = true})});
  EXPECT_EQ(Check("", "fence broker 1: it was silent for 2000 ms"), std::nullopt);
  EXPECT_EQ(checks_.OnReleased(BrokerId(1)), std::nullopt);
}

}  // namespace
}  // namespace quorate::sim
