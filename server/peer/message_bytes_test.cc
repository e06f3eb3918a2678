#include "server/peer/message_bytes.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/peer/testing/parse_message.h"

namespace quorate::server {
namespace {

using ::testing::SizeIs;

raft::EntryPtr MakeEntry(int64_t index, size_t payload_bytes) {
  return raft::Entry::Make({.epoch = Epoch(4), .index = LogIndex(index)},
                           std::string(payload_bytes, 'x'));
}

// Returns an entry whose encoded size is `bytes`.
raft::EntryPtr EntryOfSize(size_t bytes) {
  const size_t header_bytes = MakeEntry(1, 0)->encoded().size();
  return MakeEntry(1, bytes - header_bytes);
}

std::string BytesOf(const PeerPayload& payload) { return Flatten(ToBytes(payload)); }

std::vector<grpc::Slice> SlicesOf(const PeerPayload& payload) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(ToBytes(payload).Dump(&slices).ok());
  return slices;
}

// What protobuf writes if the message has all entries.
std::string ProtobufBytesOf(const raft::AppendRequest& request) {
  raft::v1::PeerMessage message = ToProtoWithoutEntries(raft::Message(request));
  for (const raft::EntryPtr& entry : request.entries) {
    message.mutable_append_request()->add_entries(entry->encoded());
  }
  return message.SerializeAsString();
}

// EXPECT_EQ would print megabytes.
void ExpectProtobufBytes(const raft::AppendRequest& request) {
  EXPECT_TRUE(BytesOf(raft::Message(request)) == ProtobufBytesOf(request))
      << request.entries.size() << " entries, sequence " << request.sequence;
}

// The bytes of an entry are pinned in raft/api/entry_test.cc.
TEST(MessageBytesTest, GoldenBytesOfAnAppendRequest) {
  const raft::AppendRequest request{.epoch = Epoch(5),
                                    .sequence = 300,
                                    .prev_index = LogIndex(7),
                                    .prev_epoch = Epoch(4),
                                    .commit_index = LogIndex(3),
                                    .entries = {MakeEntry(8, 0), MakeEntry(9, 5000)}};
  const std::string head = absl::HexStringToBytes(
      "3a9828"  // append_request, 5144 bytes
      "0805"    // epoch
      "10ac02"  // sequence
      "1807"    // prev_index
      "2004"    // prev_epoch
      "2803"    // commit_index
      "3240");  // entries, 64 bytes

  const std::string between = absl::HexStringToBytes("32c827");  // entries, 5064 bytes
  const std::string bytes = BytesOf(raft::Message(request));
  EXPECT_EQ(absl::BytesToHexString(bytes.substr(0, head.size())), absl::BytesToHexString(head));
  EXPECT_TRUE(bytes ==
              head + request.entries[0]->encoded() + between + request.entries[1]->encoded());
}

TEST(MessageBytesTest, RandomAppendRequestsAreAsProtobufWritesThem) {
  Rng rng(1);
  const auto number = [&rng] {
    // Of any length in bits, so that varints of every length occur.
    return static_cast<int64_t>(rng.Next() >> (1 + rng.Below(63)));
  };
  for (int round = 0; round < 2000; ++round) {
    raft::AppendRequest request{.epoch = Epoch(static_cast<int32_t>(number() & 0x7fffffff)),
                                .sequence = number(),
                                .prev_index = LogIndex(number()),
                                .prev_epoch = Epoch(static_cast<int32_t>(number() & 0x7fffffff)),
                                .commit_index = LogIndex(number())};
    if (rng.Below(8) == 0) request = {};
    for (uint64_t entries = rng.Below(12); entries > 0; --entries) {
      const uint64_t payload_bytes = rng.Below(uint64_t{1} << rng.Below(14));
      request.entries.push_back(
          MakeEntry(static_cast<int64_t>(entries), rng.Below(4) == 0 ? 0 : payload_bytes));
    }
    ExpectProtobufBytes(request);
  }
}

TEST(MessageBytesTest, SizesAtWhichALengthGrowsOrAnEntryIsShared) {
  for (const size_t size : {size_t{127}, size_t{128}, kMinSharedEntryBytes, size_t{16'383},
                            size_t{16'384}, size_t{1} << 20}) {
    for (const size_t bytes : {size - 1, size, size + 1}) {
      ExpectProtobufBytes({.entries = {EntryOfSize(bytes)}});
      ExpectProtobufBytes({.epoch = Epoch(1), .entries = {EntryOfSize(bytes), MakeEntry(1, 0)}});
      ExpectProtobufBytes({.epoch = Epoch(1), .entries = {MakeEntry(1, 0), EntryOfSize(bytes)}});
      ExpectProtobufBytes({.sequence = 1, .entries = {EntryOfSize(bytes), EntryOfSize(bytes)}});
    }
  }
}

TEST(MessageBytesTest, TheLargestMessages) {
  ExpectProtobufBytes({.epoch = Epoch(std::numeric_limits<int32_t>::max()),
                       .sequence = std::numeric_limits<int64_t>::max(),
                       .prev_index = LogIndex(std::numeric_limits<int64_t>::max()),
                       .prev_epoch = Epoch(std::numeric_limits<int32_t>::max()),
                       .commit_index = LogIndex(std::numeric_limits<int64_t>::max()),
                       .entries = {EntryOfSize(raft::kMaxEntryBytes)}});
  raft::AppendRequest many{.sequence = 1};
  many.entries.assign(20'000, MakeEntry(1, 0));
  ExpectProtobufBytes(many);
  many.entries.assign(1'000, EntryOfSize(kMinSharedEntryBytes));
  ExpectProtobufBytes(many);
}

TEST(MessageBytesTest, NumbersThatCannotBeAreStillEncoded) {
  ExpectProtobufBytes({.epoch = Epoch(-1), .sequence = -1, .prev_index = LogIndex(-1)});
}

TEST(MessageBytesTest, ALargeEntryIsSharedUntilTheBytesAreReleased) {
  const raft::EntryPtr entry = EntryOfSize(kMinSharedEntryBytes);
  {
    const std::vector<grpc::Slice> slices =
        SlicesOf(raft::Message(raft::AppendRequest{.entries = {entry, entry}}));
    ASSERT_THAT(slices, SizeIs(4));
    for (const size_t i : {1, 3}) {
      EXPECT_EQ(static_cast<const void*>(slices[i].begin()), entry->encoded().data());
      EXPECT_EQ(slices[i].size(), entry->encoded().size());
    }
    EXPECT_EQ(entry.use_count(), 3);
  }
  EXPECT_EQ(entry.use_count(), 1);
}

TEST(MessageBytesTest, SmallEntriesAreCopiedIntoOneSlice) {
  const raft::EntryPtr entry = EntryOfSize(kMinSharedEntryBytes - 1);
  const std::vector<grpc::Slice> slices =
      SlicesOf(raft::Message(raft::AppendRequest{.entries = {entry, MakeEntry(1, 0), entry}}));
  EXPECT_THAT(slices, SizeIs(1));
  EXPECT_EQ(entry.use_count(), 1);
}

TEST(MessageBytesTest, OtherMessagesAreAsProtobufWritesThem) {
  const std::vector<PeerPayload> payloads = {
      Goodbye{raft::GoodbyeReason::kResigned, Epoch(7)},
      raft::Message(raft::Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(300)}),
      raft::Message(raft::AppendRequest{}),
      raft::Message(raft::AppendResponse{.epoch = Epoch(1), .sequence = 2, .success = true}),
      raft::Message(raft::InstallSnapshot{.epoch = Epoch(1), .bytes = std::string(1 << 20, 'x')}),
  };
  for (const PeerPayload& payload : payloads) {
    EXPECT_TRUE(BytesOf(payload) == ToProtoWithoutEntries(payload).SerializeAsString())
        << payload.index();
  }
}

}  // namespace
}  // namespace quorate::server
