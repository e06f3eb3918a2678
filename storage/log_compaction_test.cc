// A log whose beginning was dropped because of a snapshot, or that a snapshot replaced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/key_layout.h"
#include "storage/memory_kv.h"
#include "storage/rocksdb_kv.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/opened_log.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

raft::SnapshotMeta MetaAfter(const raft::EntryPtr& entry, LogIndex voters_index = LogIndex(0),
                             raft::VoterSet voters = {}) {
  return raft::SnapshotMeta::After(*entry, voters_index, std::move(voters));
}

// The same snapshot as another node's log has it: nothing in this log leads up to it.
raft::SnapshotMeta ForeignMeta(int64_t last_index, int32_t epoch) {
  return {.id = {.end_offset = RecordOffset(last_index + 5), .epoch = Epoch(epoch)},
          .last_index = LogIndex(last_index),
          .last_checksum = 0xfeed,
          .last_append_time_ms = 77,
          .voters_index = LogIndex(2),
          .voters = MakeVoters({1, 2, 3})};
}

raft::EntryPtr EntryAfter(const raft::SnapshotMeta& meta, int32_t epoch, std::string_view payload) {
  return raft::Entry::Make({.epoch = Epoch(epoch),
                            .index = meta.last_index + 1,
                            .base_offset = meta.id.end_offset,
                            .prev_checksum = meta.last_checksum},
                           payload);
}

enum class Store { kMemory, kRocksDb };

class LogCompactionTest : public ::testing::TestWithParam<Store> {
 protected:
  LogCompactionTest() { Reopen(); }

  void Reopen() {
    log_.reset();
    if (GetParam() == Store::kRocksDb) {
      rocksdb_.reset();
      auto kv = RocksDbKv::Open({.path = dir_.path(), .create = true});
      CHECK_OK(kv.status());
      rocksdb_ = *std::move(kv);
    }
    log_ = std::make_unique<OpenedLog>(kv());
    CHECK_OK(log_->Open());
  }
  KvStore* kv() {
    return GetParam() == Store::kMemory ? static_cast<KvStore*>(&memory_) : rocksdb_.get();
  }
  // Returns entry `index` of those that the builder made.
  const raft::EntryPtr& Built(int64_t index) const {
    return builder_.entries()[static_cast<size_t>(index - 1)];
  }

  TempDir dir_;
  MemoryKv memory_;
  std::unique_ptr<RocksDbKv> rocksdb_;
  std::unique_ptr<OpenedLog> log_;
  LogBuilder builder_;
};

INSTANTIATE_TEST_SUITE_P(Stores, LogCompactionTest,
                         ::testing::Values(Store::kMemory, Store::kRocksDb), [](const auto& param) {
                           return param.param == Store::kMemory ? "Memory" : "RocksDb";
                         });

TEST_P(LogCompactionTest, ADroppedPrefixIsGoneAndTheRestStays) {
  log_->Append({builder_.Make(1, "a"), builder_.Make(2, "b", 3), builder_.Make(2, "c"),
                builder_.Make(5, "d")});
  log_->Write({.drop_prefix = LogIndex(2)});
  for (const bool again : {false, true}) {
    if (again) Reopen();
    EXPECT_THAT(Payloads(*log_->Read(3, 100)), ElementsAre("c", "d"));
    EXPECT_EQ(log_->Read(2, 100).status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(log_->ReadFromOffset(3, 100).status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(Payloads(*log_->ReadFromOffset(4, 100)), ElementsAre("c", "d"));
  }
  EXPECT_EQ(log_->restored().first_index, LogIndex(3));
  EXPECT_EQ(log_->restored().start, MetaAfter(Built(2)));
  EXPECT_THAT(log_->restored().epoch_starts,
              ElementsAre(Pair(Epoch(2), LogIndex(3)), Pair(Epoch(5), LogIndex(4))));
  EXPECT_EQ(*kv()->Get(KvFamily::kLog, LogKey(LogIndex(2))), std::nullopt);

  log_->Append({builder_.Make(5, "e")});
  Reopen();
  EXPECT_THAT(Payloads(*log_->Read(3, 100)), ElementsAre("c", "d", "e"));
}

TEST_P(LogCompactionTest, DroppingIsRepeatable) {
  log_->Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  log_->Write({.drop_prefix = LogIndex(2)});
  log_->Write({.drop_prefix = LogIndex(1)});
  EXPECT_THAT(Payloads(*log_->Read(3, 3)), ElementsAre("c"));
  log_->Write({.drop_prefix = LogIndex(3)});
  Reopen();
  EXPECT_FALSE(log_->restored().has_entries());
  EXPECT_TRUE(log_->restored().has_log());
  EXPECT_EQ(log_->restored().start, MetaAfter(Built(3)));
  EXPECT_THAT(log_->restored().epoch_starts, IsEmpty());
  log_->Append({builder_.Make(2, "d")});
  Reopen();
  EXPECT_THAT(Payloads(*log_->Read(4, 100)), ElementsAre("d"));
}

// KIP-630: the voter set that governs comes from the snapshot and the remaining log (NuRaft #566,
// openraft #1808).
TEST_P(LogCompactionTest, TheVotersOfADroppedEntryAreKept) {
  log_->Append({builder_.Make(1, "a"), builder_.MakeVoters(1, MakeVoters({1, 2, 3})),
                builder_.Make(1, "b"), builder_.MakeVoters(1, MakeVoters({1, 2, 4})),
                builder_.Make(1, "c")});
  log_->Write({.drop_prefix = LogIndex(1)});
  Reopen();
  EXPECT_EQ(log_->restored().start->voters_index, LogIndex(0));
  EXPECT_TRUE(log_->restored().start->voters.empty());
  log_->Write({.drop_prefix = LogIndex(3)});
  Reopen();
  EXPECT_EQ(log_->restored().start, MetaAfter(Built(3), LogIndex(2), MakeVoters({1, 2, 3})));
  EXPECT_THAT(log_->restored().voter_sets, ElementsAre(Pair(LogIndex(4), MakeVoters({1, 2, 4}))));
  EXPECT_EQ(*log_->restored().LatestVoters(), MakeVoters({1, 2, 4}));
  log_->Write({.drop_prefix = LogIndex(4)});
  log_->Write({.drop_prefix = LogIndex(5)});
  Reopen();
  EXPECT_THAT(log_->restored().voter_sets, IsEmpty());
  EXPECT_EQ(*log_->restored().LatestVoters(), MakeVoters({1, 2, 4}));
}

TEST_P(LogCompactionTest, ASnapshotReplacesTheWholeLog) {
  log_->Append({builder_.MakeVoters(1, MakeVoters({1, 2})), builder_.Make(1, "b")});
  const raft::SnapshotMeta meta = ForeignMeta(9, 4);
  log_->Write({.hard_state = raft::HardState{.epoch = Epoch(6)}, .install_snapshot = meta});
  for (const bool again : {false, true}) {
    if (again) Reopen();
    EXPECT_EQ(log_->Read(1, 100).status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(log_->Read(10, 100).status().code(), absl::StatusCode::kOutOfRange);
  }
  EXPECT_EQ(log_->restored().hard_state.epoch, Epoch(6));
  EXPECT_EQ(log_->restored().start, meta);
  EXPECT_EQ(log_->restored().first_index, LogIndex(10));
  EXPECT_EQ(log_->restored().last_index, LogIndex(9));
  EXPECT_EQ(*log_->restored().LatestVoters(), meta.voters);
  log_->Append({EntryAfter(meta, 6, "next")});
  Reopen();
  EXPECT_THAT(Payloads(*log_->Read(10, 100)), ElementsAre("next"));
  EXPECT_THAT(log_->restored().epoch_starts, ElementsAre(Pair(Epoch(6), LogIndex(10))));
}

TEST_P(LogCompactionTest, NothingBehindAnInstalledSnapshotComesBack) {
  log_->Append(
      {builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c"), builder_.Make(1, "d")});
  const raft::SnapshotMeta meta = ForeignMeta(2, 3);
  log_->Write({.hard_state = raft::HardState{.epoch = Epoch(3)},
               .install_snapshot = meta,
               .entries = {EntryAfter(meta, 3, "C")}});
  for (const bool again : {false, true}) {
    if (again) Reopen();
    EXPECT_THAT(Payloads(*log_->Read(3, 100)), ElementsAre("C"));
  }
}

TEST_P(LogCompactionTest, CutsAreAppliedInTheirOrder) {
  log_->Queue({.entries = {builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")}});
  log_->Queue({.drop_prefix = LogIndex(1)});
  builder_.TruncateAfter(LogIndex(2));
  log_->Queue({.truncate_after = LogIndex(2), .entries = {builder_.Make(2, "C")}});
  log_->Queue({.entries = {builder_.Make(2, "D")}, .drop_prefix = LogIndex(2)});
  log_->Run();
  EXPECT_THAT(log_->completed(), ElementsAre(1, 2, 3, 4));
  for (const bool again : {false, true}) {
    if (again) Reopen();
    EXPECT_THAT(Payloads(*log_->Read(3, 100)), ElementsAre("C", "D"));
  }
}

TEST_P(LogCompactionTest, TruncatesBackToItsStart) {
  log_->Append({builder_.Make(1, "a"), builder_.Make(2, "b"), builder_.Make(3, "c")});
  log_->Write({.drop_prefix = LogIndex(2)});
  builder_.TruncateAfter(LogIndex(2));
  log_->Write({.truncate_after = LogIndex(2)});
  Reopen();
  EXPECT_FALSE(log_->restored().has_entries());
  log_->Append({builder_.Make(4, "C")});
  Reopen();
  EXPECT_THAT(Payloads(*log_->Read(3, 100)), ElementsAre("C"));
  EXPECT_THAT(log_->restored().epoch_starts, ElementsAre(Pair(Epoch(4), LogIndex(3))));
}

// Random appends and cuts at both ends, in random groups, compared with a plain vector.
TEST_P(LogCompactionTest, BehavesLikeAVectorWithAnOffset) {
  Rng rng(7);
  LogIndex first(1);
  LogIndex applied(0);
  for (int step = 1; step <= 150; ++step) {
    raft::LogWrite write;
    if (rng.Below(4) == 0 && builder_.last_index() >= first) {
      const LogIndex to =
          first - 1 +
          static_cast<int64_t>(rng.Below(static_cast<uint64_t>(builder_.last_index() - first + 2)));
      builder_.TruncateAfter(to);
      write.truncate_after = to;
      applied = std::min(applied, to);
    }
    for (uint64_t i = rng.Below(4); i > 0; --i) {
      write.entries.push_back(rng.Below(8) == 0
                                  ? builder_.MakeVoters(step, MakeVoters({step, step + 1}))
                                  : builder_.Make(step, std::string(rng.Below(2000), 'x')));
    }
    if (rng.Below(6) == 0 && applied >= first) {
      first =
          first + 1 + static_cast<int64_t>(rng.Below(static_cast<uint64_t>(applied - first + 1)));
      write.drop_prefix = first - 1;
    }
    log_->Queue(std::move(write));
    if (rng.Below(3) == 0) {
      log_->Run();
      applied = builder_.last_index();
    }
    if (rng.Below(10) != 0) continue;
    log_->Run();
    applied = builder_.last_index();
    Reopen();
    ASSERT_EQ(log_->restored().first_index, first);
    ASSERT_EQ(log_->restored().last_index, applied);
    if (first > LogIndex(1)) {
      ASSERT_EQ(log_->restored().start->last_checksum, Built(first.value() - 1)->checksum());
    }
    if (first > applied) continue;
    const std::vector<raft::EntryPtr> expected(builder_.entries().begin() + (first - LogIndex(1)),
                                               builder_.entries().end());
    ASSERT_EQ(Payloads(*log_->Read(first.value(), applied.value())), Payloads(expected));
  }
}

// Faults, which the map in memory injects.
class LogCompactionFaultTest : public ::testing::Test {
 protected:
  LogCompactionFaultTest() {
    CHECK_OK(log_.Open());
    log_.Write({.founding_voters = MakeVoters({1, 2, 3})});
    log_.Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  }
  // Returns the payloads from the log's own first entry on.
  std::vector<std::string> AfterCrash() {
    kv_.Crash();
    CHECK_OK(log_.Open());
    if (!log_.restored().has_entries()) return {};
    return Payloads(*log_.Read(log_.restored().first_index.value(), 1000));
  }

  MemoryKv kv_;
  OpenedLog log_{&kv_};
  LogBuilder builder_;
};

TEST_F(LogCompactionFaultTest, ADropIsDoneOrNotDone) {
  kv_.FailWrites(MemoryKv::FailedWrite::kLost);
  log_.Write({.drop_prefix = LogIndex(2)});
  EXPECT_EQ(log_.failed(), 1);
  EXPECT_THAT(AfterCrash(), ElementsAre("a", "b", "c"));
  kv_.FailWrites(MemoryKv::FailedWrite::kKept);
  log_.Write({.drop_prefix = LogIndex(2)});
  EXPECT_THAT(AfterCrash(), ElementsAre("c"));
  EXPECT_EQ(log_.restored().start, MetaAfter(builder_.entries()[1]));
}

// The process died between the new state and the removal of the entries, or the disk lost the
// removal.
TEST_F(LogCompactionFaultTest, WhatTheDropLeftBehindIsNeitherServedNorInTheWay) {
  log_.Write({.drop_prefix = LogIndex(1)});
  EXPECT_THAT(AfterCrash(), ElementsAre("b", "c"));
  EXPECT_TRUE(kv_.Get(KvFamily::kLog, LogKey(LogIndex(1)))->has_value()) << "it came back";
  EXPECT_EQ(log_.Read(1, 3).status().code(), absl::StatusCode::kOutOfRange);
  log_.Write({.drop_prefix = LogIndex(2)});
  EXPECT_FALSE(kv_.Get(KvFamily::kLog, LogKey(LogIndex(1)))->has_value()) << "the next drop's";
}

TEST_F(LogCompactionFaultTest, AnInstallIsDoneOrNotDoneWithItsEpoch) {
  const raft::LogWrite install{.hard_state = raft::HardState{.epoch = Epoch(8)},
                               .install_snapshot = ForeignMeta(9, 8)};
  kv_.FailWrites(MemoryKv::FailedWrite::kLost);
  log_.Write(install);
  EXPECT_THAT(AfterCrash(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(log_.restored().hard_state.epoch, Epoch(0));
  kv_.FailWrites(MemoryKv::FailedWrite::kKept);
  log_.Write(install);
  EXPECT_THAT(AfterCrash(), IsEmpty());
  EXPECT_EQ(log_.restored().start, ForeignMeta(9, 8));
  EXPECT_EQ(log_.restored().hard_state.epoch, Epoch(8));
}

TEST_F(LogCompactionFaultTest, NoFlippedBitOfTheStartIsEverBelieved) {
  log_.Write({.drop_prefix = LogIndex(2)});
  const size_t bits = (*kv_.Get(KvFamily::kMeta, kLogStartKey))->size() * 8;
  for (size_t bit = 0; bit < bits; ++bit) {
    kv_.FlipBit(KvFamily::kMeta, kLogStartKey, bit);
    EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss) << "bit " << bit;
    kv_.FlipBit(KvFamily::kMeta, kLogStartKey, bit);
  }
  EXPECT_TRUE(RecoverLog(kv_).ok());
  kv_.Erase(KvFamily::kMeta, kLogStartKey);
  EXPECT_THAT(std::string(RecoverLog(kv_).status().message()),
              HasSubstr("the log begins at 3, but builds on entry 0"));
}

TEST_F(LogCompactionFaultTest, AFirstEntryThatDoesNotContinueTheStartIsDataLoss) {
  log_.Write({.drop_prefix = LogIndex(2)});
  CHECK_OK(log_.Open());
  raft::SnapshotMeta start = *log_.restored().start;
  start.last_checksum ^= 1;
  const std::string value = EncodeLogStart(start);
  CHECK_OK(kv_.WriteBatch(99, {{KvFamily::kMeta, std::string(kLogStartKey), value}}, true));
  EXPECT_THAT(std::string(RecoverLog(kv_).status().message()), HasSubstr("log entry 3"));
}

TEST(LogCompactionOverlapTest, AReadOverlappedByADropIsOutOfRangeAndNoLoss) {
  // After the drop MultiGet finds no entries. The read must start again, and then say so.
  class DroppingKv final : public KvStore {
   public:
    explicit DroppingKv(KvStore* kv) : kv_(kv) {}
    mutable std::function<void()> before_read;

    absl::Status WriteBatch(uint64_t id, const std::vector<KvPut>& puts, bool sync) override {
      return kv_->WriteBatch(id, puts, sync);
    }
    absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                   std::string_view key) const override {
      return kv_->Get(family, key);
    }
    absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
        KvFamily family, const std::vector<std::string>& keys) const override {
      if (before_read) std::exchange(before_read, nullptr)();
      return kv_->MultiGet(family, keys);
    }
    absl::Status DropPrefix(KvFamily family, std::string_view end) override {
      return kv_->DropPrefix(family, end);
    }

   private:
    KvStore* const kv_;
  };
  MemoryKv memory;
  DroppingKv kv(&memory);
  ManualClock clock;
  ManualExecutor writer(&clock);
  ManualExecutor reader(&clock);
  LogStore log(&kv, *RecoverLog(kv), {.writer = &writer, .reader = &reader});
  LogBuilder builder;
  const auto apply = [&](raft::LogWrite write) {
    log.Write(std::move(write), [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
    writer.RunReady();
  };
  apply({.entries = {builder.Make(1, "a"), builder.Make(1, "b"), builder.Make(1, "c")}});
  kv.before_read = [&] { apply({.drop_prefix = LogIndex(2)}); };
  absl::StatusCode code = absl::StatusCode::kOk;
  log.Read(LogIndex(1), LogIndex(3), kNoLimit, [&](auto read) { code = read.status().code(); });
  reader.RunReady();
  EXPECT_EQ(code, absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace quorate::storage
