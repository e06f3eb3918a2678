#include "storage/snapshot_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::HasSubstr;

// These bytes are on disk permanently: never adjust them to make this pass.
TEST(SnapshotCodecTest, FramesHaveTheGoldenBytes) {
  const std::string header = EncodeHeaderFrame(MakeMeta(500));
  EXPECT_EQ(absl::BytesToHexString(header),
            "51534e50"
            "50000000"
            "77a2aab6843db6df"  // tag, length, checksum
            "01000000"          // file version; then the meta row `log_start`
            "0bef41e4961c3008"
            "0105"
            "f401000000000000"
            "07000000"
            "f301000000000000"
            "8877665544332211"
            "0068e5cf8b010000"
            "0200000000000000"
            "0a14"
            "0801"
            "1210"
            "30313233343536373839616263646566");
  const std::string chunk = EncodeChunkFrame(header.size(), "abc");
  EXPECT_EQ(absl::BytesToHexString(chunk),
            "44415441"
            "03000000"
            "c50f05f4f0530b6a"
            "616263");
  FileHash hash;
  hash.Add(header);
  hash.Add(chunk);
  EXPECT_EQ(absl::BytesToHexString(EncodeFooterFrame(hash)),
            "454e442e"
            "08000000"
            "ed32a80fda0ce37a"
            "41ddbc402b5af37a");
}

TEST(SnapshotCodecTest, EveryFlippedBitAndEveryCutIsFound) {
  const std::string frame = EncodeChunkFrame(100, "some bytes");
  ASSERT_TRUE(CheckFrame(100, frame).ok());
  // Turning one tag into another takes more than one flipped bit.
  for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string flipped = frame;
    char& byte = flipped[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << bit % 8));
    EXPECT_EQ(CheckFrame(100, flipped).code(), absl::StatusCode::kDataLoss) << bit;
  }
  for (size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(CheckFrame(100, frame.substr(0, size)).code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(CheckFrame(100, frame + "x").code(), absl::StatusCode::kDataLoss);
}

TEST(SnapshotCodecTest, AFrameIsNotTakenForOneOfAnotherPlace) {
  EXPECT_EQ(CheckFrame(116, EncodeChunkFrame(100, "abc")).code(), absl::StatusCode::kDataLoss);
}

TEST(SnapshotCodecTest, FramesInAnotherOrderAreRefused) {
  const std::string header = EncodeHeaderFrame(MakeMeta(500));
  SnapshotVerifier verifier;
  EXPECT_FALSE(verifier.Add(EncodeChunkFrame(0, "abc")).ok());
  ASSERT_TRUE(verifier.Add(header).ok());
  EXPECT_EQ(verifier.meta(), MakeMeta(500));
  FileHash other;
  other.Add(std::string(header.size(), 'x'));
  EXPECT_THAT(std::string(verifier.Add(EncodeFooterFrame(other)).status().message()),
              HasSubstr("hash of the file"));
  FileHash hash;
  hash.Add(header);
  ASSERT_TRUE(verifier.Add(EncodeFooterFrame(hash)).ok());
  EXPECT_TRUE(verifier.is_complete());
  EXPECT_FALSE(verifier.Add(EncodeChunkFrame(verifier.position(), "abc")).ok());
}

TEST(SnapshotCodecTest, ANewerVersionIsToldFromDamage) {
  // The first byte of the payload is the version; the checksum is recomputed.
  std::string payload = EncodeHeaderFrame(MakeMeta(500)).substr(kFrameHeadBytes);
  payload[0] = 2;
  std::string frame = "QSNP" + EncodeChunkFrame(0, payload).substr(4);
  SnapshotVerifier verifier;
  const absl::Status status = verifier.Add(frame).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("file version 2"));
}

}  // namespace
}  // namespace quorate::storage
