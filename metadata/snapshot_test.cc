// Encodes images as snapshots and loads them again: the image is the same, and so is its encoding.
#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/random.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "metadata/testing/random_log.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> Encode(const MetadataImage& image,
                                size_t chunk_bytes = kSnapshotChunkBytes) {
  SnapshotEncoder encoder(image, chunk_bytes);
  std::vector<std::string> chunks;
  while (auto chunk = encoder.Next()) chunks.push_back(*std::move(chunk));
  return chunks;
}

absl::StatusOr<MetadataImage> Load(const std::vector<std::string>& chunks) {
  SnapshotLoader loader;
  for (const std::string& chunk : chunks) RETURN_IF_ERROR(loader.Add(chunk));
  return std::move(loader).Finish();
}

void ExpectSame(const MetadataImage& loaded, const MetadataImage& image) {
  EXPECT_EQ(loaded.end_offset(), image.end_offset());
  EXPECT_EQ(loaded.last_epoch(), image.last_epoch());
  EXPECT_EQ(loaded.last_append_time_ms(), image.last_append_time_ms());
  EXPECT_EQ(loaded.metadata_version(), image.metadata_version());
  EXPECT_EQ(loaded.partition_count(), image.partition_count());
  EXPECT_EQ(ReadModel(loaded), ReadModel(image));
  EXPECT_EQ(StateHash(loaded), StateHash(image));
}

class SnapshotRandomTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(SnapshotRandomTest, LoadingGivesWhatWasEncoded) {
  RandomLog log(GetParam());
  Rng rng(GetParam());
  for (int step = 0; step < 400; ++step) {
    ASSERT_NO_FATAL_FAILURE(log.AppendBatch());
    if (step % 40 != 0) continue;
    const auto chunks = Encode(log.image(), 1 + rng.Below(2000));
    auto loaded = Load(chunks);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    ASSERT_NO_FATAL_FAILURE(ExpectSame(*loaded, log.image()));
    // The loaded image shares no node with the original, but gives the same bytes.
    ASSERT_EQ(Encode(*loaded), Encode(log.image()));
  }
}

TEST_P(SnapshotRandomTest, ALoadedImageGoesOnAsTheOtherOne) {
  RandomLog log(GetParam());
  for (int step = 0; step < 100; ++step) ASSERT_NO_FATAL_FAILURE(log.AppendBatch());
  auto image = Load(Encode(log.image()));
  ASSERT_TRUE(image.ok()) << image.status();
  for (int step = 0; step < 100; ++step) {
    ASSERT_NO_FATAL_FAILURE(log.AppendBatch());
    v1::RecordBatch batch;
    ASSERT_TRUE(batch.ParseFromString(log.payloads().back()));
    image = Replay(*image,
                   {.epoch = log.image().last_epoch(),
                    .base_offset = image->end_offset(),
                    .record_count = CountRecords(batch),
                    .append_time_ms = log.image().last_append_time_ms()},
                   batch);
    ASSERT_TRUE(image.ok()) << image.status();
  }
  ExpectSame(*image, log.image());
  EXPECT_EQ(Encode(*image), Encode(log.image()));
}

TEST_P(SnapshotRandomTest, DamageIsRefusedWithAMessageThatNamesTheSnapshot) {
  RandomLog log(GetParam());
  for (int step = 0; step < 60; ++step) ASSERT_NO_FATAL_FAILURE(log.AppendBatch());
  const auto chunks = Encode(log.image(), 500);
  Rng rng(GetParam());
  const google::protobuf::LogSilencer quiet;
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    auto damaged = chunks;
    std::string& chunk = damaged[rng.Below(damaged.size())];
    char& byte = chunk[rng.Below(chunk.size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << rng.Below(8)));
    // The loader does not detect all damage; the checksums of the snapshot file do.
    const auto loaded = Load(damaged);
    if (loaded.ok()) continue;
    ++refused;
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("snapshot"));
  }
  EXPECT_GT(refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotRandomTest, ::testing::Range(uint64_t{1}, uint64_t{9}));

class SnapshotTest : public ReplayTest {
 protected:
  // Loads a snapshot with end offset 100 that has these records between header and footer. Returns
  // the loader's status.
  static absl::Status LoadRecords(const std::vector<v1::Record>& records) {
    v1::RecordBatch batch;
    *batch.add_records() = MakeSnapshotHeaderRecord(RecordOffset(100), Epoch(1), 0);
    for (const v1::Record& record : records) *batch.add_records() = record;
    *batch.add_records() = MakeSnapshotFooterRecord(static_cast<int64_t>(records.size()));
    return Load({batch.SerializeAsString()}).status();
  }
  static void ExpectRefused(const std::vector<v1::Record>& records, absl::StatusCode code,
                            const std::string& why) {
    const absl::Status status = LoadRecords(records);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }
};

TEST_F(SnapshotTest, TheEmptyImage) {
  const auto loaded = Load(Encode(MetadataImage()));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ExpectSame(*loaded, MetadataImage());
}

TEST_F(SnapshotTest, OfATopicOfManyPartitions) {
  log_.MustAppend({MakeTopicRecord("orders", kOrders)});
  for (int i = 0; i < 3; ++i) {
    log_.MustAppend({MakePartitionsRecord(kOrders, 1000 * i, Partitions(1000))});
  }
  const auto loaded = Load(Encode(image()));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ExpectSame(*loaded, image());
}

TEST_F(SnapshotTest, RemembersHowFarResultsWereEvicted) {
  // The table is limited to 32 MiB, so the second result evicts the first one.
  for (const int64_t sequence : {5, 6}) {
    log_.MustAppend({MakeRequestResultRecord(
        {.principal = "alice",
         .request_id = {TestUuid(8), sequence},
         .items = {{.code = 0, .message = std::string(20 << 20, 'm'), .topic_id = {}}}})});
  }
  const auto loaded = Load(Encode(image()));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ExpectSame(*loaded, image());
  EXPECT_EQ(loaded->FindRequest("alice", {TestUuid(8), 5}).kind, RequestLookup::Kind::kEvicted);
  EXPECT_EQ(loaded->FindRequest("alice", {TestUuid(8), 6}).kind, RequestLookup::Kind::kKnown);
}

TEST_F(SnapshotTest, ChunksHaveTheirSizeAndALargerRecordGoesAlone) {
  CreateOrders(1);
  log_.MustAppend(
      {MakeConfigRecord(ConfigResourceType::kTopic, "orders", "a", "v"),
       MakeConfigRecord(ConfigResourceType::kTopic, "orders", "b", std::string(900, 'v')),
       MakeConfigRecord(ConfigResourceType::kTopic, "orders", "c", "v")});
  const auto chunks = Encode(image(), 400);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_LE(chunks[0].size(), 400u);
  EXPECT_GT(chunks[1].size(), 900u);
  EXPECT_LE(chunks[2].size(), 400u);
}

// These bytes are on disk permanently. Never adjust them to make this test pass.
TEST_F(SnapshotTest, HasTheGoldenBytes) {
  CreateOrders(1);
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, log_.end_offset()))});
  log_.MustAppend(
      {MakeBrokerRegistrationChangeRecord(BrokerId(3), log_.end_offset() - 1, {.fenced = false})});
  log_.MustAppend({MakeConfigRecord(ConfigResourceType::kTopic, "orders", "k", "v"),
                   MakeRequestResultRecord(
                       {.principal = "alice", .request_id = {TestUuid(8), 5}, .method = "m"})});
  const auto chunks = Encode(image());
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(absl::BytesToHexString(chunks[0]),
            "0a0a5a080806100118c5843d"
            "0a0412020801"
            "0a333a310803121000000000000000000000000000000067180322130a0e62726f6b65722e6578616d706c"
            "651084472a0272313001"
            "0a084206080310031800"
            "0a1c1a1a0a066f7264657273121000000000000000000000000000000001"
            "0a222a200a10000000000000000000000000000000011a010322030301022a0107320101"
            "0a125210080212066f72646572731a016b220176"
            "0a224a200a05616c69636512140a100000000000000000000000000000000810051a016d"
            "0a046a020807");
}

TEST_F(SnapshotTest, RefusesWhatIsCutShort) {
  CreateOrders(3);
  auto chunks = Encode(image(), 1);
  ASSERT_GT(chunks.size(), 3u);
  chunks.pop_back();
  EXPECT_EQ(Load(chunks).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Load({}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SnapshotTest, RefusesAnotherOrderOfChunks) {
  CreateOrders(3);
  auto chunks = Encode(image(), 1);
  std::swap(chunks[0], chunks[1]);
  EXPECT_FALSE(Load(chunks).ok());
  std::swap(chunks[0], chunks[1]);
  std::swap(chunks.back(), chunks[chunks.size() - 2]);
  EXPECT_FALSE(Load(chunks).ok());
}

TEST_F(SnapshotTest, RefusesAMissingRecord) {
  CreateOrders(3);
  auto chunks = Encode(image(), 1);
  chunks.erase(chunks.end() - 2);
  EXPECT_THAT(std::string(Load(chunks).status().message()), HasSubstr("records, but there are"));
}

TEST_F(SnapshotTest, RefusesWhatNoEncoderWrites) {
  const v1::Record version = MakeMetadataVersionRecord(1);
  EXPECT_TRUE(LoadRecords({version}).ok());
  const auto data_loss = absl::StatusCode::kDataLoss;
  const auto contradiction = absl::StatusCode::kFailedPrecondition;
  ExpectRefused({version, MakeNoOpRecord()}, data_loss, "belongs in the log");
  ExpectRefused({version, MakeRemoveTopicRecord(kOrders)}, data_loss, "belongs in the log");
  ExpectRefused({version, MakeSnapshotHeaderRecord(RecordOffset(1), Epoch(1), 0)}, data_loss,
                "header");
  ExpectRefused({version, MakeSnapshotFooterRecord(1), version}, data_loss, "after the footer");
  ExpectRefused({version, MakeRegisterBrokerRecord(Registration(1, 100))}, data_loss,
                "broker epoch 100");
  ExpectRefused({version, MakeRegisterBrokerRecord(Registration(1, 7)),
                 MakeRegisterBrokerRecord(Registration(1, 8))},
                contradiction, "twice");
  ExpectRefused({version, MakeEvictedRequestsRecord("alice", TestUuid(8), 0)}, data_loss,
                "sequence 0");
  ExpectRefused({version, MakeEvictedRequestsRecord("alice", TestUuid(8), 1)}, contradiction,
                "no results");
  ExpectRefused({MakeTopicRecord("orders", kOrders)}, contradiction, "no metadata version");
  v1::Record newer = version;
  newer.GetReflection()->MutableUnknownFields(&newer)->AddVarint(99, 1);
  ExpectRefused({newer}, absl::StatusCode::kUnimplemented, "upgrade");
}

TEST_F(SnapshotTest, TheLogRefusesTheKindsOfSnapshots) {
  EXPECT_THAT(IsMalformed(MakeSnapshotHeaderRecord(RecordOffset(1), Epoch(1), 0)),
              HasSubstr("belongs in a snapshot"));
  IsMalformed(MakeEvictedRequestsRecord("alice", TestUuid(8), 1));
  IsMalformed(MakeSnapshotFooterRecord(0));
}

}  // namespace
}  // namespace quorate::metadata
