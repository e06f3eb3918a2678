#include "broker/role_reporter.h"

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/testing/manual_executor.h"
#include "broker/testing/fake_controller_channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class RoleReporterTest : public testing::Test {
 protected:
  RoleReporterTest() {
    options_.broker_id = BrokerId(1);
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    metadata::BrokerRegistration broker;
    broker.id = BrokerId(1);
    broker.incarnation_id = metadata::TestUuid(1);
    broker.broker_epoch = log_.end_offset();
    broker.endpoint = {"localhost", 9092};
    log_.MustAppend({metadata::MakeRegisterBrokerRecord(broker)});
  }

  // Creates a topic whose partitions this broker leads where `led` is true and otherwise follows.
  void TakeUp(const std::string& name, uint16_t id, const std::vector<bool>& led) {
    std::vector<metadata::NewPartition> made;
    for (const bool is_led : led) {
      made.push_back({{BrokerId(1), BrokerId(2)}, 0b11, is_led ? size_t{0} : size_t{1}});
    }
    log_.MustAppend({metadata::MakeTopicRecord(name, metadata::TestUuid(id)),
                     metadata::MakePartitionsRecord(metadata::TestUuid(id), 0, made)});
    TakeUp();
  }
  void TakeUp(const std::string& name, uint16_t id, size_t partitions) {
    TakeUp(name, id, std::vector<bool>(partitions, true));
  }
  void Move(uint16_t id, int32_t partition, size_t leader_position) {
    const std::vector<metadata::PartitionChange> changes = {{partition, 0b11, leader_position}};
    log_.MustAppend({metadata::MakePartitionChangesRecord(metadata::TestUuid(id), changes)});
    TakeUp();
  }
  void TakeUp() {
    roles_.Begin(log_.image());
    while (roles_.Step([this](const RoleChange& change) {
      reporter_.OnChange(change.topic.id(), change.partition);
    })) {
    }
    reporter_.Wake();
  }
  void AnswerReport(CallResult<v1::ReportRolesResponse> result = v1::ReportRolesResponse()) {
    channel_.Answer(channel_.reports, std::move(result));
    executor_.RunReady();
  }
  const v1::ReportRolesRequest& report() const { return channel_.reports.front().request; }
  // Returns the report's windows: "topic [first, end): runs".
  std::vector<std::string> Told() const {
    std::vector<std::string> lines;
    for (const v1::LedPartitions& window : report().led()) {
      lines.push_back(absl::StrFormat(
          "%d [%d, %d): %s", window.topic_id().back(), window.first_partition(),
          window.first_partition() + window.partition_count(), absl::StrJoin(window.runs(), " ")));
    }
    return lines;
  }

  BrokerOptions options_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  Rng rng_{1};
  FakeControllerChannel channel_{&executor_};
  metadata::TestLog log_;
  RoleManager roles_{BrokerId(1), metadata::TestUuid(1)};
  RoleReporter reporter_{options_, &executor_, &clock_, &rng_, &channel_, &roles_};
};

TEST_F(RoleReporterTest, ANewSessionIsToldEverythingAndThenWhatChanges) {
  TakeUp("orders", 1, 2);
  EXPECT_TRUE(channel_.reports.empty()) << "no session";
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_EQ(channel_.reports[0].endpoint, "a");
  EXPECT_EQ(report().broker_id(), 1);
  EXPECT_EQ(report().broker_epoch(), 7);
  EXPECT_TRUE(report().complete());
  EXPECT_THAT(Told(), ElementsAre("1 [0, 2): 0 2"));
  AnswerReport();
  TakeUp("payments", 2, 1);
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_FALSE(report().complete());
  EXPECT_THAT(Told(), ElementsAre("2 [0, 1000): 0 1 999"));
  AnswerReport();
  EXPECT_TRUE(channel_.reports.empty());
  reporter_.OnSession(ActiveSession{"b", 7, 2});
  EXPECT_TRUE(report().complete());
  EXPECT_THAT(Told(), ElementsAre("1 [0, 2): 0 2", "2 [0, 1): 0 1"));
}

TEST_F(RoleReporterTest, RunsTellWhichPartitionsAreLed) {
  TakeUp("orders", 1, {false, true, true, false, false, true});
  TakeUp("followed", 2, {false, false});
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  EXPECT_THAT(Told(), ElementsAre("1 [0, 6): 1 2 2 1"));
}

TEST_F(RoleReporterTest, ABrokerWithoutRolesSaysSo) {
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_TRUE(report().complete());
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(RoleReporterTest, WhatIsLostAndWhatIsDeletedIsTold) {
  TakeUp("orders", 1, 2);
  TakeUp("payments", 2, 1);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  AnswerReport();
  Move(1, 1, 1);
  EXPECT_THAT(Told(), ElementsAre("1 [0, 1000): 0 1 999"));
  AnswerReport();
  log_.MustAppend({metadata::MakeRemoveTopicRecord(metadata::TestUuid(2))});
  TakeUp();
  EXPECT_THAT(Told(), ElementsAre("2 [0, 1000): 1000"));
}

TEST_F(RoleReporterTest, OnlyTheWindowOfAChangeIsTold) {
  TakeUp("orders", 1, 5000);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  AnswerReport();
  Move(1, 3210, 1);
  EXPECT_THAT(Told(), ElementsAre("1 [3000, 4000): 0 210 1 789"));
}

TEST_F(RoleReporterTest, ChangesDuringAReportGoTogetherInTheNext) {
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  TakeUp("orders", 1, 2);
  TakeUp("payments", 2, 1);
  ASSERT_EQ(channel_.reports.size(), 1u) << "one in flight";
  AnswerReport();
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_THAT(Told(), ElementsAre("1 [0, 1000): 0 2 998", "2 [0, 1000): 0 1 999"));
}

TEST_F(RoleReporterTest, AFailedReportIsSentAgainAfterAPause) {
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  AnswerReport();
  TakeUp("orders", 1, 2);
  AnswerReport(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  EXPECT_TRUE(channel_.reports.empty());
  TakeUp("payments", 2, 1);
  EXPECT_TRUE(channel_.reports.empty());
  executor_.AdvanceBy(milliseconds(50));
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_FALSE(report().complete());
  EXPECT_THAT(Told(), ElementsAre("1 [0, 1000): 0 2 998", "2 [0, 1000): 0 1 999"));
}

TEST_F(RoleReporterTest, AFailedCompleteReportStaysDue) {
  TakeUp("orders", 1, 2);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  AnswerReport(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  executor_.AdvanceBy(milliseconds(50));
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_TRUE(report().complete());
  EXPECT_THAT(Told(), ElementsAre("1 [0, 2): 0 2"));
}

TEST_F(RoleReporterTest, ASessionThatBeginsDuringAReportIsStillToldEverything) {
  TakeUp("orders", 1, 2);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  reporter_.OnSession(std::nullopt);
  reporter_.OnSession(ActiveSession{"b", 7, 2});
  AnswerReport();
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_EQ(channel_.reports[0].endpoint, "b");
  EXPECT_TRUE(report().complete());
  EXPECT_THAT(Told(), ElementsAre("1 [0, 2): 0 2"));
}

TEST_F(RoleReporterTest, ManyRolesGoInSeveralSmallReportsOfWhichTheFirstBeginsAnew) {
  // Every second partition is led: the worst case for runs.
  std::vector<bool> led(RoleReporter::kMaxPartitionsPerReport + 1);
  for (size_t i = 0; i < led.size(); i += 2) led[i] = true;
  TakeUp("orders", 1, led);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  EXPECT_TRUE(report().complete());
  ASSERT_EQ(report().led_size(), 1);
  EXPECT_LE(report().led(0).partition_count(),
            static_cast<int>(RoleReporter::kMaxPartitionsPerReport));
  EXPECT_LE(report().ByteSizeLong(), RoleReporter::kMaxPartitionsPerReport + 100);
  Move(1, 0, 1);
  AnswerReport();
  EXPECT_FALSE(report().complete()) << "the rest of the complete report";
  AnswerReport();
  EXPECT_THAT(Told(), testing::SizeIs(1)) << "and what has changed in the meantime";
  EXPECT_EQ(report().led(0).first_partition(), 0);
  EXPECT_EQ(report().led(0).runs(0), 2u);
}

TEST_F(RoleReporterTest, ManyChangesAtOnceAreToldAsEverything) {
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  AnswerReport();
  TakeUp("orders", 1, RoleReporter::kMaxPendingWindows * RoleReporter::kWindow + 1);
  EXPECT_TRUE(report().complete());
}

}  // namespace
}  // namespace quorate::broker
