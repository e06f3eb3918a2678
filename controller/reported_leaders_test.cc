#include "controller/reported_leaders.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using broker::v1::ReportRolesRequest;
using metadata::TestUuid;
using testing::HasSubstr;

class ReportedLeadersTest : public testing::Test {
 protected:
  ReportedLeadersTest() {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    CreateTopic(1, 1000);
    CreateTopic(2, 3);
  }

  void CreateTopic(uint16_t id, size_t partitions) {
    const std::vector<metadata::NewPartition> made(partitions, {{BrokerId(1)}, 0b1, 0});
    log_.MustAppend({metadata::MakeTopicRecord("topic-" + std::to_string(id), TestUuid(id)),
                     metadata::MakePartitionsRecord(TestUuid(id), 0, made)});
  }
  // Reports one window and returns the resulting count.
  int64_t Report(uint16_t topic, int32_t first, int32_t count, const std::vector<uint32_t>& runs) {
    ReportRolesRequest request;
    auto& window = *request.add_led();
    window.set_topic_id(std::string(TestUuid(topic).bytes()));
    window.set_first_partition(first);
    window.set_partition_count(count);
    for (const uint32_t run : runs) window.add_runs(run);
    EXPECT_FALSE(CheckReport(request));
    leaders_.Report(log_.image(), request);
    return leaders_.count();
  }

  metadata::TestLog log_;
  ReportedLeaders leaders_;
};

TEST_F(ReportedLeadersTest, CountsWhatTheRunsSay) {
  EXPECT_EQ(Report(1, 0, 1000, {0, 500}), 500);
  EXPECT_EQ(Report(2, 0, 3, {1, 1, 1}), 501);
  EXPECT_EQ(Report(1, 100, 100, {50, 10}), 411) << "90 partitions of the window are no longer led";
  EXPECT_EQ(Report(1, 100, 100, {50, 10}), 411) << "reported twice";
  EXPECT_EQ(Report(1, 0, 1000, {}), 1);
}

TEST_F(ReportedLeadersTest, WhatDoesNotExistIsNotLed) {
  EXPECT_EQ(Report(2, 0, 1000, {0, 1000}), 3);
  EXPECT_EQ(Report(9, 0, 10, {0, 10}), 3) << "no such topic";
  EXPECT_EQ(Report(2, INT32_MAX, 10, {0, UINT32_MAX}), 3);
  EXPECT_EQ(Report(2, -5, 10, {0, UINT32_MAX, UINT32_MAX, UINT32_MAX}), 3);
  EXPECT_EQ(Report(2, 0, -1, {0, 3}), 3);
  log_.MustAppend({metadata::MakeRemoveTopicRecord(TestUuid(2))});
  EXPECT_EQ(Report(2, 0, 1000, {0, 3}), 0) << "it was deleted";
}

TEST_F(ReportedLeadersTest, ReadsRolesOneByOneAsOlderBrokersTellThem) {
  ReportRolesRequest request;
  for (const int32_t partition : {0, 1, 2, 7}) {
    auto& role = *request.add_roles();
    role.set_topic_id(std::string(TestUuid(2).bytes()));
    role.set_partition(partition);
    role.set_role(partition == 1 ? broker::v1::ROLE_FOLLOWER : broker::v1::ROLE_LEADER);
  }
  leaders_.Report(log_.image(), request);
  EXPECT_EQ(leaders_.count(), 2);
  request.mutable_roles(0)->set_role(broker::v1::ROLE_UNSPECIFIED);
  leaders_.Report(log_.image(), request);
  EXPECT_EQ(leaders_.count(), 1);
}

TEST_F(ReportedLeadersTest, AReportThatIsTooLargeIsRefused) {
  ReportRolesRequest request;
  auto& window = *request.add_led();
  window.set_partition_count(99'999);
  EXPECT_FALSE(CheckReport(request));
  window.set_partition_count(100'000);
  const auto error = CheckReport(request);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), common::v1::INVALID_REQUEST);
  EXPECT_THAT(error->message(),
              HasSubstr("names 100001 partitions; one report may name at most 100000"));
}

}  // namespace
}  // namespace quorate::controller
