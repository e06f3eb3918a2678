#include "raft/api/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace quorate::raft {
namespace {

using ::testing::HasSubstr;

Uuid ClientUuid() { return *Uuid::FromBytes("0123456789abcdef"); }

EntryHeader FullHeader() {
  return {.type = EntryType::kRecords,
          .epoch = Epoch(5),
          .index = LogIndex(7),
          .base_offset = RecordOffset(40),
          .record_count = 3,
          .append_time_ms = 1700000000123,
          .principal = "User:ann",
          .cause = "CreateTopics",
          .request_id = RequestId{.client_uuid = ClientUuid(), .sequence = 9},
          .prev_checksum = 0x1122334455667788};
}

EntryHeader BarrierHeader() {
  return {.type = EntryType::kBarrier, .epoch = Epoch(1), .index = LogIndex(1)};
}

// These are the bytes on disk and on the wire, and they never change. Do not adjust them to make
// this test pass: a changed layout is a new version beside the old one.
TEST(EntryTest, FullEntryHasTheGoldenBytes) {
  const EntryPtr entry = Entry::Make(FullHeader(), "payload");
  EXPECT_EQ(absl::BytesToHexString(entry->encoded()),
            "a53ce501afc74aa5"  // checksum
            "73000000"          // frame bytes: 115
            "01"
            "03"
            "01"
            "00"  // version, type, flags, reserved
            "05000000"
            "03000000"          // epoch, record count
            "0700000000000000"  // index
            "2800000000000000"  // base offset
            "7b68e5cf8b010000"  // append time
            "8877665544332211"  // previous checksum
            "0800"
            "0c00"
            "07000000"                          // bytes of principal, cause and payload
            "30313233343536373839616263646566"  // request id: client uuid
            "0900000000000000"                  // request id: sequence
            "557365723a616e6e"                  // principal
            "437265617465546f70696373"          // cause
            "7061796c6f6164");                  // payload
}

TEST(EntryTest, BarrierHasTheGoldenBytes) {
  const EntryPtr entry = Entry::Make(BarrierHeader(), "");
  EXPECT_EQ(absl::BytesToHexString(entry->encoded()),
            "e23055f253229fbf"  // checksum
            "40000000"          // frame bytes: 64
            "01"
            "01"
            "00"
            "00"  // version, type, flags, reserved
            "01000000"
            "01000000"          // epoch, record count
            "0100000000000000"  // index
            "0000000000000000"  // base offset
            "0000000000000000"  // append time
            "0000000000000000"  // previous checksum
            "0000"
            "0000"
            "00000000");  // bytes of principal, cause and payload
}

TEST(EntryTest, ParseReturnsWhatMakeWasGiven) {
  const EntryPtr made = Entry::Make(FullHeader(), "payload");
  const absl::StatusOr<EntryPtr> parsed = Entry::Parse(made->encoded());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ((*parsed)->header(), FullHeader());
  EXPECT_EQ((*parsed)->payload(), "payload");
  EXPECT_EQ((*parsed)->checksum(), made->checksum());
  EXPECT_EQ((*parsed)->encoded(), made->encoded());
  EXPECT_EQ((*parsed)->end_offset(), RecordOffset(43));
}

TEST(EntryTest, EncodedSizeIsTheSizeOfTheFrame) {
  EXPECT_EQ(Entry::EncodedSize(FullHeader(), 7),
            Entry::Make(FullHeader(), "payload")->encoded().size());
  EXPECT_EQ(Entry::EncodedSize(BarrierHeader(), 0),
            Entry::Make(BarrierHeader(), "")->encoded().size());
}

TEST(EntryTest, LargestEntryGoesThrough) {
  const size_t room = kMaxEntryBytes - Entry::EncodedSize(FullHeader(), 0);
  const EntryPtr entry = Entry::Make(FullHeader(), std::string(room, 'x'));
  EXPECT_EQ(entry->encoded().size(), kMaxEntryBytes);
  EXPECT_TRUE(Entry::Parse(entry->encoded()).ok());
  EXPECT_EQ(Entry::Parse(entry->encoded() + "x").status().code(), absl::StatusCode::kDataLoss);
}

TEST(EntryTest, EveryFlippedBitIsDataLoss) {
  const std::string frame = Entry::Make(FullHeader(), "payload")->encoded();
  for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string damaged = frame;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(Entry::Parse(damaged).status().code(), absl::StatusCode::kDataLoss) << "bit " << bit;
  }
}

TEST(EntryTest, EveryOtherLengthIsDataLoss) {
  const std::string frame = Entry::Make(FullHeader(), "payload")->encoded();
  for (size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(Entry::Parse(frame.substr(0, size)).status().code(), absl::StatusCode::kDataLoss)
        << size << " bytes";
  }
  EXPECT_EQ(Entry::Parse(frame + std::string(1, '\0')).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(EntryTest, PayloadBelongsToTheChecksum) {
  EXPECT_NE(Entry::Make(FullHeader(), "a")->checksum(), Entry::Make(FullHeader(), "b")->checksum());
  EntryHeader other = FullHeader();
  other.prev_checksum ^= 1;
  EXPECT_NE(Entry::Make(FullHeader(), "a")->checksum(), Entry::Make(other, "a")->checksum());
}

// Frames with a correct checksum whose content no version of this program writes. They come from a
// newer program, or from one with a bug.
struct ForeignFrame {
  std::string name;
  size_t position;
  std::string hex;
  std::string checksum_hex;
  std::string complaint;
};

class ForeignFrameTest : public ::testing::TestWithParam<ForeignFrame> {};

TEST_P(ForeignFrameTest, IsRefusedByName) {
  std::string frame = Entry::Make(BarrierHeader(), "")->encoded();
  const std::string patch = absl::HexStringToBytes(GetParam().hex);
  frame.replace(GetParam().position, patch.size(), patch);
  frame.replace(0, 8, absl::HexStringToBytes(GetParam().checksum_hex));
  const absl::Status status = Entry::Parse(frame).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    EntryTest, ForeignFrameTest,
    ::testing::Values(
        ForeignFrame{"Version", 12, "02", "6dadc235c7e7c97c",
                     "version 2, this program reads version 1"},
        ForeignFrame{"Type", 13, "04", "ea8bb97b8141063b", "unknown entry type 4"},
        ForeignFrame{"Flags", 14, "02", "f003acedbe660119", "unknown flags"},
        ForeignFrame{"Reserved", 15, "01", "9da544c233159855", "unknown flags"},
        ForeignFrame{"Epoch", 16, "00000000", "0ecddb7b88d7056a", "epoch 0 is below 1"},
        ForeignFrame{"RecordCount", 20, "02000000", "04594879ae68d5cd", "one offset, not 2"},
        ForeignFrame{"Index", 24, "00", "9550c1a4c1081470", "index 0 is below 1"},
        ForeignFrame{"BaseOffset", 32, "ffffffffffffffff", "f2af7df464d892c2",
                     "base offset -1 is negative"},
        ForeignFrame{"Overflow", 32, "ffffffffffffff7f", "be90099b93b4c709", "is out of range"},
        ForeignFrame{"RequestIdCutOff", 14, "01", "075ef2c34e5d03d0", "do not add up"},
        ForeignFrame{"PrincipalCutOff", 56, "0100", "0258fe2b2454d6da", "do not add up"}),
    [](const auto& param) { return param.param.name; });

TEST(EntryDeathTest, MakeRefusesWhatParseWould) {
  EntryHeader header = FullHeader();
  header.record_count = 0;
  EXPECT_DEATH(Entry::Make(header, ""), "record count 0");
  EXPECT_DEATH(Entry::Make(BarrierHeader(), "x"), "barrier with a payload");
  EXPECT_DEATH(Entry::Make(FullHeader(), std::string(kMaxEntryBytes, 'x')), "Check failed");
}

}  // namespace
}  // namespace quorate::raft
