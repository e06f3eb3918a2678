// How a follower handles the pieces of a snapshot (Raft §7, KIP-630).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "raft/testing/lone_core.h"
#include "raft/testing/snapshot_setup.h"

namespace quorate::raft {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Answer = InstallSnapshotResponse::State;

// Returns a snapshot whose last entry is `last_index` of `epoch`, as another node could have it.
SnapshotMeta MakeMeta(int64_t last_index, int32_t epoch) {
  return {.id = {.end_offset = RecordOffset(last_index), .epoch = Epoch(epoch)},
          .last_index = LogIndex(last_index),
          .last_checksum = 0xfeed};
}

InstallSnapshot MakeChunk(const SnapshotMeta& meta, int32_t epoch, int64_t sequence = 1) {
  return {.epoch = Epoch(epoch),
          .sequence = sequence,
          .id = meta.id,
          .last_index = meta.last_index,
          .total_bytes = 3,
          .bytes = "abc"};
}

TEST(SnapshotInstallTest, AChunkOfAnOldEpochIsRefused) {
  LoneCore node(3, {5});
  node.Receive(2, MakeChunk(MakeMeta(9, 3), 4));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), IsEmpty());
  EXPECT_EQ(node.TakeReply<InstallSnapshotResponse>()->epoch, Epoch(5));
}

TEST(SnapshotInstallTest, WhatTheLogHasIsNotReceived) {
  LoneCore node(3, {1, 1, 1});
  node.Receive(2, MakeChunk(MetaAt(node.core(), 3), 1));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), IsEmpty());
  EXPECT_EQ(node.TakeReply<InstallSnapshotResponse>()->state, Answer::kInstalled);
}

TEST(SnapshotInstallTest, OnePieceIsWrittenAtATime) {
  LoneCore node(3, {1});
  const SnapshotMeta meta = MakeMeta(9, 1);
  node.Receive(2, MakeChunk(meta, 1, 1));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), SizeIs(1));
  EXPECT_FALSE(node.TakeReply<InstallSnapshotResponse>().has_value());
  node.Receive(2, MakeChunk(meta, 1, 2));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), IsEmpty());
  EXPECT_EQ(node.TakeReply<InstallSnapshotResponse>()->state, Answer::kBusy);
  node.Step(event::ChunkReceived{
      .session = 7, .sequence = 1, .id = meta.id, .received = ReceivedSnapshot{.position = 3}});
  const auto answer = node.TakeReply<InstallSnapshotResponse>();
  EXPECT_EQ(answer->state, Answer::kWanted);
  EXPECT_EQ(answer->sequence, 1);
  EXPECT_EQ(answer->position, 3);
}

TEST(SnapshotInstallTest, InstalledIsSaidOnceItIsDurable) {
  LoneCore node(3, {1, 1});
  const SnapshotMeta meta = MakeMeta(9, 3);
  node.Receive(2, MakeChunk(meta, 3));
  node.Sync();
  node.Step(event::ChunkReceived{
      .session = 7, .id = meta.id, .received = ReceivedSnapshot{.position = 3, .complete = meta}});
  EXPECT_THAT(node.TakeEffects<effect::LoadSnapshot>(), SizeIs(1));
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(9));
  EXPECT_EQ(node.core().log().durable_index(), LogIndex(0));
  EXPECT_FALSE(node.TakeReply<InstallSnapshotResponse>().has_value());
  node.Sync();
  EXPECT_EQ(node.TakeReply<InstallSnapshotResponse>()->state, Answer::kInstalled);
  EXPECT_EQ(node.core().log().durable_index(), LogIndex(9));
}

// The entries after the end of a snapshot that matches are the leader's too (Raft §7).
TEST(SnapshotInstallTest, ALogThatHasItsLastEntryKeepsWhatFollows) {
  LoneCore node(3, {1});
  const SnapshotMeta meta = SnapshotMeta::After(*node.MakeEntries(2, {1}).back(), LogIndex(0), {});
  node.Receive(2, MakeChunk(meta, 1));
  // Meanwhile the entries arrived in an append.
  node.Receive(2, AppendRequest{.epoch = Epoch(1),
                                .sequence = 1,
                                .prev_index = LogIndex(1),
                                .prev_epoch = Epoch(1),
                                .entries = node.MakeEntries(2, {1, 1})});
  node.Step(event::ChunkReceived{
      .session = 7, .id = meta.id, .received = ReceivedSnapshot{.position = 3, .complete = meta}});
  EXPECT_EQ(node.core().log().last_index(), LogIndex(3));
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(2));
  EXPECT_THAT(node.TakeEffects<effect::LoadSnapshot>(), IsEmpty());
}

// Raft §5.3: an append that overlaps the snapshot brings the entries that the snapshot lacks.
TEST(SnapshotInstallTest, AnAppendThatReachesBelowTheStartMatches) {
  LoneCore follower(3, {1, 1, 1, 1}, KeepEntries(0));
  follower.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(4)});
  const std::vector<EntryPtr> tail = follower.MakeEntries(5, {1});
  follower.Step(event::SnapshotSaved{MetaAt(follower.core(), 4)});
  ASSERT_EQ(follower.core().log().first_index(), LogIndex(4));
  follower.Receive(2, AppendRequest{.epoch = Epoch(1),
                                    .sequence = 1,
                                    .prev_index = LogIndex(1),
                                    .prev_epoch = Epoch(1),
                                    .entries = {}});
  follower.Sync();
  const auto answer = follower.TakeReply<AppendResponse>();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->success);
  EXPECT_EQ(answer->match_index, LogIndex(1)) << "what was sent, and no more";
  EXPECT_FALSE(follower.core().stopped());
}

// Redpanda 65068aa37b: the epoch ran backwards when only a snapshot survived.
TEST(SnapshotInstallTest, TheEpochIsAtLeastTheSnapshots) {
  RestoredLog restored{.hard_state = {.epoch = Epoch(2)},
                       .founding_voters = VoterSet(
                           {Voter{.key = LoneCore::KeyOf(1)}, Voter{.key = LoneCore::KeyOf(2)}}),
                       .snapshot = MakeMeta(9, 5)};
  RaftOptions options{.self = LoneCore::KeyOf(1), .configured_voters = {NodeId(1), NodeId(2)}};
  RaftCore core(options, restored, 1);
  const StepResult result = core.Step(MonoTime(std::chrono::hours(1)), 0, event::Start{});
  EXPECT_EQ(core.epoch(), Epoch(5));
  EXPECT_EQ(core.log().commit_index(), LogIndex(9));
  const auto* write = std::get_if<effect::Persist>(&result.effects.at(1));
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->write.hard_state->epoch, Epoch(5));
  EXPECT_EQ(write->write.install_snapshot, MakeMeta(9, 5));
}

TEST(SnapshotInstallTest, ALogWithoutItsSnapshotIsRefused) {
  RestoredLog restored{.hard_state = {.epoch = Epoch(5)},
                       .first_index = LogIndex(10),
                       .last_index = LogIndex(9),
                       .start = MakeMeta(9, 5)};
  EXPECT_EQ(RaftCore::CheckRestored(restored).code(), absl::StatusCode::kDataLoss);
  restored.snapshot = MakeMeta(8, 5);
  EXPECT_THAT(std::string(RaftCore::CheckRestored(restored).message()),
              HasSubstr("the newest snapshot ends at offset 8"));
  restored.snapshot = MakeMeta(9, 4);
  EXPECT_FALSE(RaftCore::CheckRestored(restored).ok()) << "another one";
  restored.snapshot = MakeMeta(9, 5);
  EXPECT_TRUE(RaftCore::CheckRestored(restored).ok());
  restored.snapshot = MakeMeta(12, 5);
  EXPECT_TRUE(RaftCore::CheckRestored(restored).ok());
}

TEST(SnapshotInstallTest, ALogAboveTheEpochOfTheNodeIsRefused) {
  RestoredLog restored{.hard_state = {.epoch = Epoch(4)},
                       .first_index = LogIndex(10),
                       .last_index = LogIndex(9),
                       .start = MakeMeta(9, 5),
                       .snapshot = MakeMeta(9, 5)};
  EXPECT_EQ(RaftCore::CheckRestored(restored),
            absl::DataLossError("the log ends in epoch 5, but the node was in epoch 4"));
  restored.hard_state.epoch = Epoch(5);
  EXPECT_TRUE(RaftCore::CheckRestored(restored).ok());
  const EntryPtr entry =
      Entry::Make({.type = EntryType::kBarrier, .epoch = Epoch(6), .index = LogIndex(1)}, "");
  restored = {.hard_state = {.epoch = Epoch(5)}, .last_index = LogIndex(1), .last_entry = entry};
  EXPECT_EQ(RaftCore::CheckRestored(restored).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::raft
