// Applies request results to an image, and checks which are refused.
#include "metadata/families/request_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "metadata/image_text.h"
#include "metadata/record_builders.h"
#include "metadata/record_text.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

using RequestResultsTest = ReplayTest;

const GoldenRecords kGolden([] {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(8), 5},
                             .method = "CreateTopics",
                             .request_hash = 0x0102030405060708,
                             .items = {{.code = 36, .message = "exists", .topic_id = {}},
                                       {.code = 0, .message = "", .topic_id = TestUuid(0x0a0b)}}};
  const RequestResult opaque{.principal = "bob",
                             .request_id = {TestUuid(9), 1},
                             .method = "AllocateIds",
                             .request_hash = 1,
                             .response = "\x08\x96\x01"};
  return std::vector<GoldenRecord>{
      {MakeRequestResultRecord(opaque),
       "4a360a03626f6212140a10000000000000000000000000000000091001"
       "1a0b416c6c6f636174654964732101000000000000003203089601"},
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

TEST_F(RequestResultsTest, AResponseIsRememberedFromVersion2On) {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(9), 4},
                             .method = "AllocateIds",
                             .response = std::string("\0any bytes", 10)};
  EXPECT_THAT(Contradicts(MakeRequestResultRecord(result)),
              EndsWith("the field response needs metadata version 2, but the log has version 1"));
  log_.MustAppend({MakeMetadataVersionRecord(2), MakeRequestResultRecord(result)});
  EXPECT_EQ(*image().FindRequest("alice", {TestUuid(9), 4}).result, result);
}

TEST_F(RequestResultsTest, AResponseHasAtMost64KiB) {
  RequestResult result{.request_id = {TestUuid(9), 1},
                       .response = std::string(kMaxRememberedResponseBytes + 1, 'x')};
  EXPECT_THAT(IsMalformed(MakeRequestResultRecord(result)), HasSubstr("65537 bytes"));
  result.response.pop_back();
  log_.MustAppend({MakeMetadataVersionRecord(2), MakeRequestResultRecord(result)});
  EXPECT_EQ(image().FindRequest("", result.request_id).result->response.size(), 65'536u);
}

TEST_F(RequestResultsTest, ResponsesCountForTheLimitOfTheTable) {
  log_.MustAppend({MakeMetadataVersionRecord(2)});
  for (int64_t sequence = 1; sequence <= 600; ++sequence) {
    log_.MustAppend(
        {MakeRequestResultRecord({.request_id = {TestUuid(9), sequence},
                                  .response = std::string(kMaxRememberedResponseBytes, 'x')})});
  }
  // 32 MiB have room for fewer than 512 records with 64 KiB and some bytes each.
  EXPECT_EQ(image().request_result_count(), 511u);
  EXPECT_EQ(image().FindRequest("", {TestUuid(9), 89}).kind, RequestLookup::Kind::kEvicted);
  EXPECT_EQ(image().FindRequest("", {TestUuid(9), 90}).kind, RequestLookup::Kind::kKnown);
}

TEST_F(RequestResultsTest, TheTextHasTheSizeOfTheResponse) {
  const RequestResult result{.principal = "alice",
                             .request_id = {TestUuid(9), 4},
                             .method = "m",
                             .response = std::string(300, 'x')};
  const v1::Record record = MakeRequestResultRecord(result);
  EXPECT_THAT(RecordText(record), EndsWith(" [] response=300 bytes"));
  log_.MustAppend({MakeMetadataVersionRecord(2), record});
  EXPECT_THAT(ImageText(image()), HasSubstr(" [] response=300 bytes\n"));
}

TEST_F(RequestResultsTest, TheHashDependsOnTheResponse) {
  log_.MustAppend({MakeMetadataVersionRecord(2)});
  std::set<uint64_t> hashes;
  for (const char* response : {"", "a", "b", "ab"}) {
    TestLog log = log_;
    log.MustAppend(
        {MakeRequestResultRecord({.request_id = {TestUuid(9), 1}, .response = response})});
    hashes.insert(StateHash(log.image()));
  }
  EXPECT_EQ(hashes.size(), 4u);
}

TEST_F(RequestResultsTest, ASnapshotKeepsTheResponse) {
  log_.MustAppend({MakeMetadataVersionRecord(2),
                   MakeRequestResultRecord({.request_id = {TestUuid(9), 1}, .response = "first"}),
                   MakeRequestResultRecord({.request_id = {TestUuid(9), 2}})});
  SnapshotLoader loader;
  SnapshotEncoder encoder(image(), kSnapshotChunkBytes);
  while (const auto chunk = encoder.Next()) ASSERT_TRUE(loader.Add(*chunk).ok());
  const auto loaded = std::move(loader).Finish();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->FindRequest("", {TestUuid(9), 1}).result->response, "first");
  EXPECT_EQ(loaded->FindRequest("", {TestUuid(9), 2}).result->response, "");
  EXPECT_EQ(StateHash(*loaded), StateHash(image()));
}

TEST_F(RequestResultsTest, AnErrorIsShortAndPrintable) {
  const RequestResult result{.principal = std::string(5000, '\n'), .request_id = {TestUuid(9), 4}};
  log_.MustAppend({MakeRequestResultRecord(result)});
  const std::string error = Contradicts(MakeRequestResultRecord(result));
  EXPECT_THAT(error, HasSubstr("\\n"));
  EXPECT_THAT(error, Not(HasSubstr("\n")));
  EXPECT_LT(error.size(), 1000u);
}

}  // namespace
}  // namespace quorate::metadata
