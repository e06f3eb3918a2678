#include "server/node/call_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "controller/operations.h"

namespace quorate::server {
namespace {

using audit::v1::AuditRecord;
using controller::MakeError;

template <typename Response>
AuditRecord RecordOf(const Response& response) {
  AuditRecord record;
  AddAnswer(response, &record);
  return record;
}

TEST(CallAuditTest, OnlyOperationsWithAResourceAreRecorded) {
  EXPECT_TRUE(AuditOf(controller::kCreateTopics, nullptr));
  EXPECT_FALSE(AuditOf(controller::kDescribeCluster, nullptr));
  EXPECT_FALSE(AuditOf(controller::kReportRoles, nullptr));
}

TEST(CallAuditTest, WhatARequestSays) {
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_name("orders");
  request.mutable_request_id()->set_client_uuid(std::string(16, '\0'));
  request.mutable_request_id()->set_sequence(5);
  request.set_validate_only(true);
  AuditRecord record;
  EXPECT_TRUE(AuditOf(controller::kCreateTopics, nullptr)->add_request(request, &record));
  EXPECT_EQ(record.resource(), "topic:orders");
  EXPECT_EQ(record.request_id(), "AAAAAAAAAAAAAAAAAAAAAA:5");
  EXPECT_TRUE(record.validate_only());
}

TEST(CallAuditTest, ARequestWithoutAValidIdHasNone) {
  admin::v1::CreateTopicsRequest request;
  AuditRecord record;
  AuditOf(controller::kCreateTopics, nullptr)->add_request(request, &record);
  EXPECT_EQ(record.request_id(), "");
  request.mutable_request_id()->set_client_uuid("short");
  AuditOf(controller::kCreateTopics, nullptr)->add_request(request, &record);
  EXPECT_EQ(record.request_id(), "");
}

TEST(CallAuditTest, TheOutcomeIsThatOfTheFirstRefusedItem) {
  admin::v1::CreateTopicsResponse response;
  response.set_end_offset(77);
  response.add_results();
  AuditRecord record = RecordOf(response);
  EXPECT_EQ(record.outcome(), "OK");
  EXPECT_EQ(record.items(), 0);
  EXPECT_EQ(record.end_offset(), 77);
  *response.add_results()->mutable_error() = MakeError(common::v1::TOPIC_ALREADY_EXISTS, "");
  *response.add_results()->mutable_error() = MakeError(common::v1::INVALID_PARTITIONS, "");
  record = RecordOf(response);
  EXPECT_EQ(record.outcome(), "TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(record.items(), 3);
  EXPECT_EQ(record.refused_items(), 2);
}

TEST(CallAuditTest, AnswersOfOtherForms) {
  EXPECT_EQ(RecordOf(admin::v1::ChangeVotersResponse()).outcome(), "OK");
  admin::v1::UnregisterBrokerResponse unregistered;
  EXPECT_EQ(RecordOf(unregistered).outcome(), "OK");
  *unregistered.mutable_error() = MakeError(common::v1::BROKER_ID_NOT_REGISTERED, "");
  EXPECT_EQ(RecordOf(unregistered).outcome(), "BROKER_ID_NOT_REGISTERED");
  broker::v1::AlterPartitionResponse partitions;
  auto* topic = partitions.add_topics();
  topic->add_partitions();
  *topic->add_partitions()->mutable_error() = MakeError(common::v1::INELIGIBLE_REPLICA, "");
  EXPECT_EQ(RecordOf(partitions).outcome(), "INELIGIBLE_REPLICA");
  EXPECT_EQ(RecordOf(partitions).items(), 2);
}

TEST(CallAuditTest, AnUnknownOutcomeIsNoRefusal) {
  EXPECT_EQ(AuditOutcome(MakeError(common::v1::RESOURCE_EXHAUSTED, "")), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(AuditOutcome(MakeError(common::v1::NOT_CONTROLLER, "", common::v1::UNKNOWN)),
            "UNKNOWN");
  EXPECT_EQ(AuditOutcome(MakeError(static_cast<common::v1::ErrorCode>(2'000), "")), "ERROR_2000");
}

}  // namespace
}  // namespace quorate::server
