#include "broker/role_reporter.h"

#include <string>
#include <vector>

#include "base/testing/manual_executor.h"
#include "broker/testing/fake_controller_channel.h"
#include "gtest/gtest.h"
#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {
namespace {

using std::chrono::milliseconds;

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

  // A topic of partitions that this broker leads.
  void TakeUp(const std::string& name, uint16_t id, size_t partitions) {
    const metadata::MetadataImage before = log_.image();
    const std::vector<metadata::NewPartition> led(partitions, {{BrokerId(1)}, 0b1, 0});
    log_.MustAppend({metadata::MakeTopicRecord(name, metadata::TestUuid(id)),
                     metadata::MakePartitionsRecord(metadata::TestUuid(id), 0, led)});
    reporter_.OnChanges(roles_.OnImage(before, log_.image()));
  }
  void AnswerReport(CallResult<v1::ReportRolesResponse> result = v1::ReportRolesResponse()) {
    channel_.Answer(channel_.reports, std::move(result));
    executor_.RunReady();
  }
  const v1::ReportRolesRequest& report() const { return channel_.reports.front().request; }

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
  EXPECT_EQ(report().roles_size(), 2);
  AnswerReport();
  TakeUp("payments", 2, 1);
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_FALSE(report().complete());
  ASSERT_EQ(report().roles_size(), 1);
  EXPECT_EQ(report().roles(0).topic(), "payments");
  AnswerReport();
  EXPECT_TRUE(channel_.reports.empty());
  reporter_.OnSession(ActiveSession{"b", 7, 2});
  EXPECT_TRUE(report().complete());
  EXPECT_EQ(report().roles_size(), 3);
}

TEST_F(RoleReporterTest, ABrokerWithoutRolesSaysSo) {
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_TRUE(report().complete());
  EXPECT_EQ(report().roles_size(), 0);
}

TEST_F(RoleReporterTest, ChangesDuringAReportGoTogetherInTheNext) {
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  TakeUp("orders", 1, 2);
  TakeUp("payments", 2, 1);
  ASSERT_EQ(channel_.reports.size(), 1u) << "one in flight";
  AnswerReport();
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_EQ(report().roles_size(), 3);
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
  EXPECT_EQ(report().roles_size(), 3);
}

TEST_F(RoleReporterTest, AFailedCompleteReportStaysDue) {
  TakeUp("orders", 1, 2);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  AnswerReport(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  executor_.AdvanceBy(milliseconds(50));
  ASSERT_EQ(channel_.reports.size(), 1u);
  EXPECT_TRUE(report().complete());
  EXPECT_EQ(report().roles_size(), 2);
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
  EXPECT_EQ(report().roles_size(), 2);
}

TEST_F(RoleReporterTest, ManyRolesGoInSeveralReportsOfWhichTheFirstBeginsAnew) {
  TakeUp("orders", 1, RoleReporter::kMaxRolesPerReport + 1);
  reporter_.OnSession(ActiveSession{"a", 7, 1});
  EXPECT_TRUE(report().complete());
  EXPECT_EQ(report().roles_size(), static_cast<int>(RoleReporter::kMaxRolesPerReport));
  AnswerReport();
  EXPECT_FALSE(report().complete());
  EXPECT_EQ(report().roles_size(), 1);
}

}  // namespace
}  // namespace quorate::broker
