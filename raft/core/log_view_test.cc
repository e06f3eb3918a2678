#include "raft/core/log_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kPayloadBytes = 100;
constexpr size_t kNoLimit = size_t{1} << 30;

VoterSet MakeVoters(int nodes) {
  std::vector<Voter> voters;
  for (int id = 1; id <= nodes; ++id) voters.push_back({.key = {.node_id = NodeId(id)}});
  return VoterSet(std::move(voters));
}

EntryPtr MakeEntry(int64_t index, int32_t epoch) {
  return Entry::Make({.epoch = Epoch(epoch),
                      .index = LogIndex(index),
                      .base_offset = RecordOffset((index - 1) * 2),
                      .record_count = 2},
                     std::string(kPayloadBytes, 'x'));
}

// Returns a log with one entry for each given epoch, from index 1 on.
LogView MakeLog(const std::vector<int32_t>& epochs, size_t cache_bytes = kNoLimit) {
  LogView log(RestoredLog{}, cache_bytes);
  for (const int32_t epoch : epochs) log.Append(MakeEntry(log.last_index().value() + 1, epoch));
  return log;
}

// Returns a log that begins after a snapshot of epoch 2 that ends at index 4, and holds entry 5 of
// epoch 3.
LogView MakeCutLog() {
  return LogView(
      RestoredLog{.first_index = LogIndex(5),
                  .last_index = LogIndex(5),
                  .start = SnapshotMeta::After(*MakeEntry(4, 2), LogIndex(2), MakeVoters(3)),
                  .last_entry = MakeEntry(5, 3),
                  .epoch_starts = {{Epoch(3), LogIndex(5)}}},
      kNoLimit);
}

std::vector<int64_t> Indexes(const std::vector<EntryPtr>& entries) {
  std::vector<int64_t> indexes;
  for (const EntryPtr& entry : entries) indexes.push_back(entry->index().value());
  return indexes;
}

TEST(LogViewTest, AnEmptyLogStartsAtIndexOneAndOffsetZero) {
  const LogView log = MakeLog({});
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.last_index(), LogIndex(0));
  EXPECT_EQ(log.last_epoch(), Epoch(0));
  EXPECT_EQ(log.end_offset(), RecordOffset(0));
  EXPECT_EQ(log.EpochAt(LogIndex(0)), Epoch(0));
}

// etcd raft #31: the term of a compacted entry was read as 0, and matched.
TEST(LogViewTest, AnUnknownEpochIsNoValue) {
  const LogView log = MakeLog({1, 1, 3});
  EXPECT_EQ(log.EpochAt(LogIndex(2)), Epoch(1));
  EXPECT_EQ(log.EpochAt(LogIndex(3)), Epoch(3));
  EXPECT_EQ(log.EpochAt(LogIndex(4)), std::nullopt);
  const LogView cut = MakeCutLog();
  EXPECT_EQ(cut.EpochAt(LogIndex(3)), std::nullopt);
  EXPECT_EQ(cut.EpochAt(LogIndex(0)), std::nullopt);
}

TEST(LogViewTest, EpochsAreKnownForEntriesThatAreOnlyOnDisk) {
  const LogView log(RestoredLog{.last_index = LogIndex(9),
                                .last_entry = MakeEntry(9, 4),
                                .epoch_starts = {{Epoch(1), LogIndex(1)}, {Epoch(4), LogIndex(6)}}},
                    kNoLimit);
  EXPECT_EQ(log.EpochAt(LogIndex(5)), Epoch(1));
  EXPECT_EQ(log.EpochAt(LogIndex(6)), Epoch(4));
  EXPECT_EQ(log.durable_index(), LogIndex(9));
  EXPECT_EQ(log.commit_index(), LogIndex(0)) << "what is committed is never remembered";
  EXPECT_THAT(log.Slice(LogIndex(5), LogIndex(9), kNoLimit), IsEmpty());
  EXPECT_THAT(Indexes(log.Slice(LogIndex(9), LogIndex(9), kNoLimit)), ElementsAre(9));
}

TEST(LogViewTest, LastIndexOfEpochAtMostSkipsLaterEpochs) {
  const LogView log = MakeLog({1, 1, 3, 3, 6});
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(6), LogIndex(5)), LogIndex(5));
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(5), LogIndex(5)), LogIndex(4));
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(3), LogIndex(3)), LogIndex(3));
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(2), LogIndex(5)), LogIndex(2));
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(0), LogIndex(5)), LogIndex(0));
}

TEST(LogViewTest, SlicesAreContiguousAndBoundedButNeverEmptyForWantOfRoom) {
  const LogView log = MakeLog({1, 1, 1, 1});
  const size_t entry_bytes = log.Find(LogIndex(1))->encoded().size();
  EXPECT_THAT(Indexes(log.Slice(LogIndex(2), LogIndex(9), kNoLimit)), ElementsAre(2, 3, 4));
  EXPECT_THAT(Indexes(log.Slice(LogIndex(2), LogIndex(3), kNoLimit)), ElementsAre(2, 3));
  EXPECT_THAT(Indexes(log.Slice(LogIndex(1), LogIndex(4), 2 * entry_bytes)), ElementsAre(1, 2));
  EXPECT_THAT(Indexes(log.Slice(LogIndex(1), LogIndex(4), 1)), ElementsAre(1));
}

TEST(LogViewTest, AnOffsetFindsTheEntryThatContainsIt) {
  const LogView log = MakeLog({1, 1, 1});  // offsets 0-1, 2-3, 4-5
  EXPECT_THAT(Indexes(log.SliceFromOffset(RecordOffset(3), LogIndex(3), kNoLimit)),
              ElementsAre(2, 3));
  EXPECT_THAT(Indexes(log.SliceFromOffset(RecordOffset(4), LogIndex(3), 1)), ElementsAre(3));
  EXPECT_THAT(log.SliceFromOffset(RecordOffset(6), LogIndex(3), kNoLimit), IsEmpty());
}

TEST(LogViewTest, OnlyWhatIsDurableAndCommittedLeavesTheCache) {
  LogView log = MakeLog({1, 1, 1, 1}, /*cache_bytes=*/1);
  EXPECT_EQ(log.cache_first(), LogIndex(1));
  log.SetDurable(LogIndex(3));
  EXPECT_EQ(log.cache_first(), LogIndex(1));
  log.CommitTo(LogIndex(2));
  EXPECT_EQ(log.cache_first(), LogIndex(3));
  log.CommitTo(LogIndex(4));
  EXPECT_EQ(log.cache_first(), LogIndex(4));
  log.SetDurable(LogIndex(4));
  EXPECT_EQ(log.cache_first(), LogIndex(4)) << "the last entry stays";
}

TEST(LogViewTest, ALogAfterASnapshotKnowsWhatItBuildsOn) {
  const LogView log = MakeCutLog();
  EXPECT_EQ(log.commit_index(), LogIndex(4)) << "what is in a snapshot is committed";
  EXPECT_EQ(log.commit_end_offset(), RecordOffset(8));
  EXPECT_EQ(log.EpochAt(LogIndex(4)), Epoch(2));
  EXPECT_EQ(log.voters_index(), LogIndex(2));
  EXPECT_EQ(log.voters().size(), 3u);
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(2), LogIndex(5)), LogIndex(4));
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(1), LogIndex(5)), LogIndex(4));
  EXPECT_EQ(log.LastIndexOfEpochAtMost(Epoch(3), LogIndex(2)), LogIndex(2));
}

TEST(LogViewTest, ADroppedPrefixLeavesItsEpochAndVoters) {
  LogView log(RestoredLog{.founding_voters = MakeVoters(1)}, kNoLimit);
  log.Append(MakeEntry(1, 1));
  const auto append_voters = [&log](int nodes) {
    log.Append(Entry::Make({.type = EntryType::kVoters,
                            .epoch = Epoch(1),
                            .index = log.last_index() + 1,
                            .base_offset = log.end_offset()},
                           MakeVoters(nodes).Encode()));
  };
  append_voters(3);
  append_voters(5);
  append_voters(7);
  log.SetDurable(LogIndex(4));
  log.CommitTo(LogIndex(3));
  log.DropPrefix(LogIndex(3));
  EXPECT_EQ(log.first_index(), LogIndex(4));
  EXPECT_EQ(log.cache_first(), LogIndex(4));
  EXPECT_EQ(log.EpochAt(LogIndex(3)), Epoch(1));
  EXPECT_EQ(log.EpochAt(LogIndex(2)), std::nullopt);
  EXPECT_EQ(log.voters().size(), 7u);
  log.TruncateAfter(LogIndex(3));
  EXPECT_EQ(log.voters().size(), 5u) << "what governed at the cut";
  EXPECT_EQ(log.voters_index(), LogIndex(3));
}

TEST(LogViewDeathTest, OnlyWhatIsDurableAndCommittedIsDropped) {
  LogView log = MakeLog({1, 1, 1});
  log.CommitTo(LogIndex(2));
  EXPECT_DEATH(log.DropPrefix(LogIndex(2)), "Check failed") << "not durable";
  log.SetDurable(LogIndex(3));
  EXPECT_DEATH(log.DropPrefix(LogIndex(3)), "Check failed") << "not committed";
  log.CommitTo(LogIndex(3));
  EXPECT_DEATH(log.DropPrefix(LogIndex(3)), "Check failed") << "nothing to build on";
  log.DropPrefix(LogIndex(2));
}

TEST(LogViewTest, AnInstalledSnapshotReplacesEverything) {
  LogView log = MakeLog({1, 1, 1, 1, 1, 1});
  log.SetDurable(LogIndex(6));
  log.CommitTo(LogIndex(2));
  log.InstallSnapshot(SnapshotMeta::After(*MakeEntry(4, 2), LogIndex(3), MakeVoters(3)));
  EXPECT_EQ(log.first_index(), LogIndex(5));
  EXPECT_EQ(log.last_index(), LogIndex(4));
  EXPECT_EQ(log.commit_index(), LogIndex(4));
  EXPECT_EQ(log.commit_end_offset(), RecordOffset(8));
  EXPECT_EQ(log.durable_index(), LogIndex(2)) << "the snapshot's write is not done";
  EXPECT_EQ(log.last_epoch(), Epoch(2));
  EXPECT_EQ(log.voters_index(), LogIndex(3));
  EXPECT_EQ(log.uncommitted_bytes(), 0u);
  EXPECT_EQ(log.Find(LogIndex(4)), nullptr);
  log.Append(MakeEntry(5, 2));
  log.SetDurable(LogIndex(5));
  log.CommitTo(LogIndex(5));
  EXPECT_THAT(Indexes(log.Slice(LogIndex(5), LogIndex(5), kNoLimit)), ElementsAre(5));
}

// ClickHouse #102629: the durable index survived truncation.
TEST(LogViewTest, TruncationShrinksWhatIsDurable) {
  LogView log = MakeLog({1, 1, 2});
  log.SetDurable(LogIndex(3));
  log.TruncateAfter(LogIndex(1));
  EXPECT_EQ(log.last_index(), LogIndex(1));
  EXPECT_EQ(log.durable_index(), LogIndex(1));
  EXPECT_EQ(log.last_epoch(), Epoch(1));
  log.Append(MakeEntry(2, 3));
  EXPECT_EQ(log.durable_index(), LogIndex(1));
  EXPECT_EQ(log.EpochAt(LogIndex(2)), Epoch(3));
  EXPECT_EQ(log.EpochAt(LogIndex(3)), std::nullopt);
}

TEST(LogViewDeathTest, WhatIsCommittedIsNeverTruncated) {
  LogView log = MakeLog({1, 1, 1});
  log.CommitTo(LogIndex(2));
  EXPECT_DEATH(log.TruncateAfter(LogIndex(1)), "Check failed");
}

TEST(LogViewDeathTest, EntriesAreAppendedWithoutGaps) {
  LogView log = MakeLog({1});
  EXPECT_DEATH(log.Append(MakeEntry(3, 1)), "Check failed");
}

// KIP-853: a voter set governs from its append on, until its entry is truncated.
TEST(LogViewTest, VotersGovernOnAppendAndAreRevertedOnTruncation) {
  LogView log(RestoredLog{.founding_voters = MakeVoters(3)}, kNoLimit);
  EXPECT_EQ(log.voters().size(), 3u);
  EXPECT_FALSE(log.has_voters_entry());
  log.Append(MakeEntry(1, 1));
  log.Append(Entry::Make({.type = EntryType::kVoters,
                          .epoch = Epoch(1),
                          .index = LogIndex(2),
                          .base_offset = RecordOffset(2)},
                         MakeVoters(5).Encode()));
  EXPECT_EQ(log.voters().size(), 5u);
  EXPECT_EQ(log.voters_index(), LogIndex(2));
  log.TruncateAfter(LogIndex(1));
  EXPECT_EQ(log.voters().size(), 3u);
  EXPECT_FALSE(log.has_voters_entry());
}

TEST(LogViewTest, UncommittedBytesAreThoseThatThisProcessAppended) {
  LogView log(RestoredLog{.last_index = LogIndex(1),
                          .last_entry = MakeEntry(1, 1),
                          .epoch_starts = {{Epoch(1), LogIndex(1)}}},
              kNoLimit);
  const size_t entry_bytes = log.Find(LogIndex(1))->encoded().size();
  EXPECT_EQ(log.uncommitted_bytes(), 0u);
  log.Append(MakeEntry(2, 2));
  log.Append(MakeEntry(3, 2));
  EXPECT_EQ(log.uncommitted_bytes(), 2 * entry_bytes);
  log.CommitTo(LogIndex(2));
  EXPECT_EQ(log.uncommitted_bytes(), entry_bytes);
  log.TruncateAfter(LogIndex(2));
  EXPECT_EQ(log.uncommitted_bytes(), 0u);
}

TEST(LogViewTest, TheCommittedEndIsKnownOnlyWhereTheEntryWasInMemory) {
  LogView log(RestoredLog{.last_index = LogIndex(5),
                          .last_entry = MakeEntry(5, 1),
                          .epoch_starts = {{Epoch(1), LogIndex(1)}}},
              kNoLimit);
  log.CommitTo(LogIndex(3));
  EXPECT_EQ(log.commit_end_offset(), std::nullopt);
  log.CommitTo(LogIndex(5));
  EXPECT_EQ(log.commit_end_offset(), RecordOffset(10));
}

}  // namespace
}  // namespace quorate::raft
