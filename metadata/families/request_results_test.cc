// Applies request results to an image, and checks which are refused.
#include "metadata/families/request_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;

using RequestResultsTest = ReplayTest;

const GoldenRecords kGolden([] {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(8), 5},
                             .method = "CreateTopics",
                             .request_hash = 0x0102030405060708,
                             .items = {{.code = 36, .message = "exists", .topic_id = {}},
                                       {.code = 0, .message = "", .topic_id = TestUuid(0x0a0b)}}};
  return std::vector<GoldenRecord>{
      {MakeRequestResultRecord(result),
       "4a540a05616c69636512140a100000000000000000000000000000000810051a0c4372656174"
       "65546f706963732108070605040302012a0a082412066578697374732a121a10000000000000"
       "00000000000000000a0b"},
      {MakeEvictedRequestsRecord("alice", TestUuid(8), 5),
       "621b0a05616c6963651210000000000000000000000000000000081805"},
  };
});

TEST_F(RequestResultsTest, ARequestResultIsRemembered) {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(9), 4},
                             .method = "quorate.admin.v1.AdminService/CreateTopics",
                             .request_hash = 77,
                             .items = {{.code = 36, .message = "exists", .topic_id = {}},
                                       {.code = 0, .message = "", .topic_id = kOrders}}};
  log_.MustAppend({MakeRequestResultRecord(result)});
  const RequestLookup lookup = image().FindRequest("alice", {TestUuid(9), 4});
  ASSERT_EQ(lookup.kind, RequestLookup::Kind::kKnown);
  EXPECT_EQ(*lookup.result, result);
  EXPECT_EQ(image().FindRequest("bob", {TestUuid(9), 4}).kind, RequestLookup::Kind::kNew);
  EXPECT_EQ(image().FindRequest("alice", {TestUuid(9), 3}).kind, RequestLookup::Kind::kNew);
  EXPECT_THAT(Contradicts(MakeRequestResultRecord(result)), HasSubstr("alice"));
  EXPECT_EQ(image().request_result_count(), 1u);
}

TEST_F(RequestResultsTest, MalformedRequestResultsAreRefused) {
  IsMalformed(MakeRequestResultRecord({.request_id = {TestUuid(9), 0}}));
  IsMalformed(MakeRequestResultRecord({.request_id = {Uuid(), 1}}));
  v1::Record record =
      MakeRequestResultRecord({.request_id = {TestUuid(9), 1}, .items = {RequestResult::Item()}});
  record.mutable_request_result()->mutable_items(0)->set_topic_id("x");
  IsMalformed(record);
}

}  // namespace
}  // namespace quorate::metadata
