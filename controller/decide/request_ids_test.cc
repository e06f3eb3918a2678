#include "controller/decide/request_ids.h"

#include <gtest/gtest.h>

#include "metadata/testing/test_log.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {
namespace {

using common::v1::Error;
using metadata::TestUuid;

class RequestIdsTest : public ::testing::Test {
 protected:
  RequestIdsTest() {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    log_.MustAppend({ResultRecord(identity_, items_)});
  }

  metadata::TestLog log_;
  const RequestIdentity identity_{.principal = "alice",
                                  .id = {.client_uuid = TestUuid(1), .sequence = 5},
                                  .method = "Service/Create",
                                  .hash = 42};
  const ItemResults items_ = {{.topic_id = TestUuid(9)},
                              MakeItemError(common::v1::INVALID_PARTITIONS, "zero")};
};

TEST_F(RequestIdsTest, ARetryFindsTheFirstOutcomes) {
  const auto found = FindResult(log_.image(), identity_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(std::get<ItemResults>(*found), items_);
}

TEST_F(RequestIdsTest, AnotherClientSequenceOrPrincipalIsAnotherRequest) {
  RequestIdentity other = identity_;
  other.id.client_uuid = TestUuid(2);
  EXPECT_FALSE(FindResult(log_.image(), other).has_value());
  other = identity_;
  other.id.sequence = 6;
  EXPECT_FALSE(FindResult(log_.image(), other).has_value());
  other = identity_;
  other.principal = "mallory";
  EXPECT_FALSE(FindResult(log_.image(), other).has_value());
}

TEST_F(RequestIdsTest, TheSameIdWithAnotherRequestIsInvalid) {
  RequestIdentity other = identity_;
  other.hash = 43;
  EXPECT_EQ(std::get<Error>(*FindResult(log_.image(), other)).code(), common::v1::INVALID_REQUEST);
  other = identity_;
  other.method = "Service/Delete";
  EXPECT_EQ(std::get<Error>(*FindResult(log_.image(), other)).code(), common::v1::INVALID_REQUEST);
}

TEST_F(RequestIdsTest, AnEvictedResultLeavesTheOutcomeUnknown) {
  // Metadata version 1 keeps 32 MiB. These 5 results of 8 MiB each evict the first one.
  for (int64_t sequence = 6; sequence <= 10; ++sequence) {
    RequestIdentity next = identity_;
    next.id.sequence = sequence;
    log_.MustAppend({ResultRecord(
        next, {MakeItemError(common::v1::INVALID_CONFIG, std::string(7 << 20, 'x'))})});
  }
  const auto found = FindResult(log_.image(), identity_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(std::get<Error>(*found).code(), common::v1::REQUEST_ID_EVICTED);
  EXPECT_EQ(std::get<Error>(*found).outcome(), common::v1::UNKNOWN);
}

TEST_F(RequestIdsTest, WhatChangesNothingIsRememberedAlone) {
  Decision<ItemResults> decision{.answer = ItemResults(2), .cause = "whatever"};
  Remember(identity_, 2, &decision);
  ASSERT_EQ(decision.records.records_size(), 1);
  EXPECT_TRUE(decision.remembers_only);
  EXPECT_EQ(decision.cause, "Create: nothing to change");
  EXPECT_FALSE(std::get<ItemResults>(decision.answer)[0].code);

  decision = {.answer = ItemResults{{}, MakeItemError(common::v1::INVALID_CONFIG, "x")}};
  Remember(identity_, 2, &decision);
  EXPECT_EQ(decision.cause, "Create: refused");
}

TEST_F(RequestIdsTest, AnErrorOfTheWholeRequestIsRememberedAsOneOfEachItem) {
  Decision<ItemResults> decision{.answer = TooLargeForOneEntry(1)};
  Remember(identity_, 3, &decision);
  const auto& items = std::get<ItemResults>(decision.answer);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[2].code, common::v1::POLICY_VIOLATION);
  EXPECT_EQ(decision.records.records(0).request_result().items_size(), 3);
}

TEST_F(RequestIdsTest, WhatDoesNotFitWithItsResultIsRefused) {
  Decision<ItemResults> decision{.answer = ItemResults(1)};
  decision.records.add_records()->mutable_topic()->set_name(std::string(kMaxBatchBytes - 20, 'x'));
  Remember(identity_, 1, &decision);
  ASSERT_EQ(decision.records.records_size(), 1);
  EXPECT_TRUE(decision.remembers_only);
  EXPECT_EQ(std::get<ItemResults>(decision.answer)[0].code, common::v1::POLICY_VIOLATION);
}

TEST_F(RequestIdsTest, TheMostItemsFitOneEntryWithTheLongestMessages) {
  // Two bytes per character, so that an odd share ends within a character.
  std::string message;
  while (message.size() < 300) message += "\u00e9";
  Decision<ItemResults> decision{
      .answer =
          ItemResults(kMaxRememberedItems, MakeItemError(common::v1::INVALID_CONFIG, message))};
  RequestIdentity next = identity_;
  next.id.sequence = 6;
  Remember(next, kMaxRememberedItems, &decision);
  EXPECT_LE(decision.records.ByteSizeLong(), kMaxBatchBytes);
  // Replay accepts the record, and a retry gets the same answer.
  log_.MustAppend({decision.records.records().begin(), decision.records.records().end()});
  EXPECT_EQ(std::get<ItemResults>(*FindResult(log_.image(), next)),
            std::get<ItemResults>(decision.answer));
}

TEST_F(RequestIdsTest, TheHashIsOfTheContent) {
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_name("a");
  const uint64_t hash = HashRequest(request);
  EXPECT_EQ(HashRequest(admin::v1::CreateTopicsRequest(request)), hash);
  request.set_validate_only(true);
  EXPECT_NE(HashRequest(request), hash);
}

TEST_F(RequestIdsTest, IdsAreParsed) {
  common::v1::RequestId id;
  id.set_client_uuid(std::string(TestUuid(1).bytes()));
  id.set_sequence(1);
  EXPECT_EQ(std::get<RequestId>(ParseRequestId(id)),
            (RequestId{.client_uuid = TestUuid(1), .sequence = 1}));
  id.set_sequence(0);
  EXPECT_TRUE(std::holds_alternative<Error>(ParseRequestId(id)));
  id.set_sequence(1);
  id.set_client_uuid(std::string(16, '\0'));
  EXPECT_TRUE(std::holds_alternative<Error>(ParseRequestId(id)));
}

}  // namespace
}  // namespace quorate::controller
