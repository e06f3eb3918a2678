#include "raft/api/message.h"

#include <gtest/gtest.h>

namespace quorate::raft {
namespace {

EntryPtr MakeEntry(int32_t epoch, int64_t index) {
  return Entry::Make({.epoch = Epoch(epoch), .index = LogIndex(index)}, "");
}

TEST(MessageTest, TextNamesEveryField) {
  EXPECT_EQ(ToString(VoteRequest{.epoch = Epoch(5),
                                 .candidate = {.node_id = NodeId(1)},
                                 .last_epoch = Epoch(4),
                                 .last_index = LogIndex(17),
                                 .pre_vote = true}),
            "VoteRequest{epoch=5 candidate=1:AAAAAAAAAAAAAAAAAAAAAA last_epoch=4 last_index=17 "
            "pre_vote=true transfer=false}");
  EXPECT_EQ(ToString(VoteResponse{.epoch = Epoch(5), .requested_epoch = Epoch(6), .granted = true}),
            "VoteResponse{epoch=5 requested_epoch=6 granted=true pre_vote=false}");
  EXPECT_EQ(ToString(Heartbeat{.epoch = Epoch(5),
                               .commit_index = LogIndex(3),
                               .read_sequence = 8,
                               .high_watermark = RecordOffset(21)}),
            "Heartbeat{epoch=5 commit_index=3 read_sequence=8 high_watermark=21}");
  EXPECT_EQ(ToString(HeartbeatResponse{.epoch = Epoch(5), .read_sequence = 8}),
            "HeartbeatResponse{epoch=5 read_sequence=8}");
  EXPECT_EQ(ToString(AppendResponse{.epoch = Epoch(5),
                                    .sequence = 2,
                                    .success = true,
                                    .match_index = LogIndex(9),
                                    .match_end_offset = RecordOffset(30),
                                    .hint_index = LogIndex(1),
                                    .hint_epoch = Epoch(4)}),
            "AppendResponse{epoch=5 sequence=2 success=true match_index=9 match_end_offset=30 "
            "hint_index=1 hint_epoch=4}");
  EXPECT_EQ(ToString(ReadIndexRequest{.token = 6, .epoch = Epoch(5)}),
            "ReadIndexRequest{token=6 epoch=5}");
  EXPECT_EQ(ToString(ReadIndexResponse{
                .token = 6, .epoch = Epoch(5), .confirmed = true, .read_index = LogIndex(9)}),
            "ReadIndexResponse{token=6 epoch=5 confirmed=true read_index=9}");
  EXPECT_EQ(ToString(TimeoutNow{.epoch = Epoch(5)}), "TimeoutNow{epoch=5}");
  const SnapshotId id{.end_offset = RecordOffset(30), .epoch = Epoch(4)};
  EXPECT_EQ(ToString(InstallSnapshot{.epoch = Epoch(5),
                                     .sequence = 2,
                                     .id = id,
                                     .last_index = LogIndex(9),
                                     .position = 100,
                                     .total_bytes = 200,
                                     .bytes = "abc"}),
            "InstallSnapshot{epoch=5 sequence=2 id=30@4 last_index=9 position=100 total_bytes=200 "
            "bytes=3}");
  EXPECT_EQ(ToString(InstallSnapshotResponse{.epoch = Epoch(5),
                                             .sequence = 2,
                                             .id = id,
                                             .state = InstallSnapshotResponse::State::kWanted,
                                             .position = 103}),
            "InstallSnapshotResponse{epoch=5 sequence=2 id=30@4 state=wanted position=103}");
}

TEST(MessageTest, EachClassHasItsStream) {
  EXPECT_EQ(StreamOf(AppendRequest{}), StreamClass::kAppend);
  EXPECT_EQ(StreamOf(AppendResponse{}), StreamClass::kAppend);
  EXPECT_EQ(StreamOf(InstallSnapshot{}), StreamClass::kSnapshot);
  EXPECT_EQ(StreamOf(InstallSnapshotResponse{}), StreamClass::kSnapshot);
  EXPECT_EQ(StreamOf(VoteRequest{}), StreamClass::kControl);
  EXPECT_EQ(StreamOf(HeartbeatResponse{}), StreamClass::kControl);
  EXPECT_EQ(StreamOf(TimeoutNow{}), StreamClass::kControl);
}

TEST(MessageTest, EntriesAreShownAsRunsOfOneEpoch) {
  AppendRequest request{.epoch = Epoch(5),
                        .sequence = 2,
                        .prev_index = LogIndex(3),
                        .prev_epoch = Epoch(1),
                        .commit_index = LogIndex(2)};
  EXPECT_EQ(
      ToString(request),
      "AppendRequest{epoch=5 sequence=2 prev_index=3 prev_epoch=1 commit_index=2 entries=[]}");
  request.entries = {MakeEntry(2, 4), MakeEntry(2, 5), MakeEntry(2, 6), MakeEntry(3, 7)};
  EXPECT_EQ(ToString(request),
            "AppendRequest{epoch=5 sequence=2 prev_index=3 prev_epoch=1 commit_index=2 "
            "entries=[4-6@2 7@3]}");
}

}  // namespace
}  // namespace quorate::raft
