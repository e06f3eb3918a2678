// The log above both of its stores, on an executor that the tests move by hand.
#include "storage/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/testing/manual_executor.h"
#include "storage/key_layout.h"
#include "storage/memory_kv.h"
#include "storage/rocksdb_kv.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr size_t kNoLimit = 64 << 20;

raft::ReplicaKey MakeKey(int32_t node, char fill) {
  return {.node_id = NodeId(node),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, fill))};
}

raft::VoterSet MakeVoters(std::vector<int32_t> nodes) {
  std::vector<raft::Voter> voters;
  for (const int32_t node : nodes) voters.push_back({.key = MakeKey(node, 'd')});
  return raft::VoterSet(std::move(voters));
}

std::vector<std::string> Payloads(const std::vector<raft::EntryPtr>& entries) {
  std::vector<std::string> payloads;
  for (const raft::EntryPtr& entry : entries) payloads.emplace_back(entry->payload());
  return payloads;
}

// A log that can be closed and opened again.
class OpenedLog {
 public:
  explicit OpenedLog(KvStore* kv) : kv_(kv) {}

  absl::Status Open() {
    log_.reset();
    absl::StatusOr<RecoveredLog> recovered = RecoverLog(*kv_);
    if (!recovered.ok()) return recovered.status();
    restored_ = recovered->restored;
    log_ = std::make_unique<LogStore>(
        kv_, *recovered,
        LogStore::Options{.writer = &executor_, .reader = &executor_, .on_fatal = [this](auto& s) {
                            fatal_ = s;
                          }});
    return absl::OkStatus();
  }

  // Writes without running the writer.
  void Queue(raft::LogWrite write) {
    write.id = ++last_write_id_;
    log_->Write(std::move(write), [this, id = last_write_id_](absl::Status status) {
      if (status.ok()) {
        completed_.push_back(id);
      } else {
        ++failed_;
      }
    });
  }
  void Run() { executor_.RunReady(); }
  void Write(raft::LogWrite write) {
    Queue(std::move(write));
    Run();
  }
  void Append(std::vector<raft::EntryPtr> entries) { Write({.entries = std::move(entries)}); }

  absl::StatusOr<std::vector<raft::EntryPtr>> Read(int64_t from, int64_t to,
                                                   size_t max_bytes = kNoLimit) {
    return Await([&](raft::DurableLog::ReadCallback done) {
      log_->Read(LogIndex(from), LogIndex(to), max_bytes, std::move(done));
    });
  }
  absl::StatusOr<std::vector<raft::EntryPtr>> ReadFromOffset(int64_t offset, int64_t to,
                                                             size_t max_bytes = kNoLimit) {
    return Await([&](raft::DurableLog::ReadCallback done) {
      log_->ReadFromOffset(RecordOffset(offset), LogIndex(to), max_bytes, std::move(done));
    });
  }

  LogStore& log() { return *log_; }
  const raft::RestoredLog& restored() const { return restored_; }
  const std::vector<raft::WriteId>& completed() const { return completed_; }
  int failed() const { return failed_; }
  const absl::Status& fatal() const { return fatal_; }

 private:
  template <typename Start>
  absl::StatusOr<std::vector<raft::EntryPtr>> Await(Start start) {
    absl::StatusOr<std::vector<raft::EntryPtr>> result = absl::UnknownError("not called");
    start([&](auto entries) { result = std::move(entries); });
    Run();
    return result;
  }

  KvStore* const kv_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  raft::RestoredLog restored_;
  std::unique_ptr<LogStore> log_;
  raft::WriteId last_write_id_ = 0;
  std::vector<raft::WriteId> completed_;
  int failed_ = 0;
  absl::Status fatal_;
};

enum class Store { kMemory, kRocksDb };

class LogStoreTest : public ::testing::TestWithParam<Store> {
 protected:
  LogStoreTest() { Reopen(); }

  // Closes the log and its store and opens them again; the memory store stays, as a disk does.
  void Reopen() {
    log_.reset();
    if (GetParam() == Store::kRocksDb) {
      rocksdb_.reset();
      absl::StatusOr<std::unique_ptr<RocksDbKv>> kv =
          RocksDbKv::Open({.path = dir_.path(), .create = true});
      ASSERT_TRUE(kv.ok()) << kv.status();
      rocksdb_ = *std::move(kv);
    }
    log_ = std::make_unique<OpenedLog>(kv());
    const absl::Status status = log_->Open();
    ASSERT_TRUE(status.ok()) << status;
  }

  // The log holds exactly what `builder_` made, now and after it was opened again.
  void ExpectSameAsBuilderAndReopen() {
    for (const bool again : {false, true}) {
      if (again) Reopen();
      const auto entries = log_->Read(1, builder_.last_index().value());
      if (builder_.entries().empty()) {
        EXPECT_EQ(entries.status().code(), absl::StatusCode::kOutOfRange);
        continue;
      }
      ASSERT_TRUE(entries.ok()) << entries.status();
      EXPECT_EQ(Payloads(*entries), Payloads(builder_.entries()));
      EXPECT_EQ(log_->Read(builder_.last_index().value() + 1, 1 << 20).status().code(),
                absl::StatusCode::kOutOfRange);
    }
    EXPECT_EQ(log_->restored().last_index, builder_.last_index());
  }

  KvStore* kv() {
    return GetParam() == Store::kMemory ? static_cast<KvStore*>(&memory_) : rocksdb_.get();
  }

  TempDir dir_;
  MemoryKv memory_;
  std::unique_ptr<RocksDbKv> rocksdb_;
  std::unique_ptr<OpenedLog> log_;
  LogBuilder builder_;
};

INSTANTIATE_TEST_SUITE_P(Stores, LogStoreTest, ::testing::Values(Store::kMemory, Store::kRocksDb),
                         [](const auto& param) {
                           return param.param == Store::kMemory ? "Memory" : "RocksDb";
                         });

TEST_P(LogStoreTest, StartsEmpty) {
  const raft::RestoredLog& restored = log_->restored();
  EXPECT_FALSE(restored.has_log());
  EXPECT_EQ(restored.first_index, LogIndex(1));
  EXPECT_EQ(restored.last_index, LogIndex(0));
  EXPECT_EQ(restored.last_entry, nullptr);
  EXPECT_EQ(restored.hard_state, raft::HardState());
  EXPECT_THAT(restored.epoch_starts, IsEmpty());
  EXPECT_THAT(restored.voter_sets, IsEmpty());
  EXPECT_FALSE(restored.founding_voters.has_value());
  EXPECT_EQ(log_->Read(1, 1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(log_->ReadFromOffset(0, 1).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(LogStoreTest, KeepsWhatWasAppended) {
  log_->Append({builder_.Make(1, "a")});
  ExpectSameAsBuilderAndReopen();
  log_->Append({builder_.Make(1, "b"), builder_.Make(1, "c")});
  ExpectSameAsBuilderAndReopen();
  EXPECT_EQ(log_->restored().last_entry->payload(), "c");
  EXPECT_EQ(log_->restored().last_entry->checksum(), builder_.entries().back()->checksum());
}

TEST_P(LogStoreTest, KeepsEpochVoteAndFoundingVoters) {
  const raft::HardState voted{.epoch = Epoch(3), .vote = MakeKey(2, 'x')};
  log_->Write({.hard_state = voted, .founding_voters = MakeVoters({1, 2, 3})});
  Reopen();
  EXPECT_EQ(log_->restored().hard_state, voted);
  EXPECT_EQ(log_->restored().founding_voters, MakeVoters({1, 2, 3}));
  EXPECT_FALSE(log_->restored().has_log());

  log_->Write({.hard_state = raft::HardState{.epoch = Epoch(4)}});
  Reopen();
  EXPECT_EQ(log_->restored().hard_state, (raft::HardState{.epoch = Epoch(4)}));
  EXPECT_EQ(log_->restored().founding_voters, MakeVoters({1, 2, 3}));
}

TEST_P(LogStoreTest, AnEntryAndItsVoteAreOneWrite) {
  log_->Write(
      {.hard_state = raft::HardState{.epoch = Epoch(1)}, .entries = {builder_.Make(1, "a")}});
  Reopen();
  EXPECT_EQ(log_->restored().hard_state.epoch, Epoch(1));
  EXPECT_EQ(log_->restored().last_index, LogIndex(1));
}

TEST_P(LogStoreTest, IndexesEpochsAndVoterSets) {
  log_->Append({builder_.Make(1, "a"), builder_.MakeVoters(1, MakeVoters({1, 2, 3}))});
  log_->Append({builder_.Make(1, "b")});
  log_->Append({builder_.Make(4, "c"), builder_.MakeVoters(5, MakeVoters({1, 2, 4}))});
  Reopen();
  EXPECT_THAT(log_->restored().epoch_starts,
              ElementsAre(Pair(Epoch(1), LogIndex(1)), Pair(Epoch(4), LogIndex(4)),
                          Pair(Epoch(5), LogIndex(5))));
  EXPECT_THAT(log_->restored().voter_sets, ElementsAre(Pair(LogIndex(2), MakeVoters({1, 2, 3})),
                                                       Pair(LogIndex(5), MakeVoters({1, 2, 4}))));
}

TEST_P(LogStoreTest, TruncationCutsEntriesEpochsAndVoterSets) {
  log_->Append({builder_.Make(1, "a"), builder_.Make(2, "b"), builder_.Make(3, "c"),
                builder_.MakeVoters(3, MakeVoters({1, 2, 3}))});
  builder_.TruncateAfter(LogIndex(2));
  log_->Write({.truncate_after = LogIndex(2)});
  ExpectSameAsBuilderAndReopen();
  EXPECT_THAT(log_->restored().epoch_starts,
              ElementsAre(Pair(Epoch(1), LogIndex(1)), Pair(Epoch(2), LogIndex(2))));
  EXPECT_THAT(log_->restored().voter_sets, IsEmpty());

  // What was cut off does not come back when the log grows past it.
  log_->Append({builder_.Make(4, "C")});
  ExpectSameAsBuilderAndReopen();
  log_->Append({builder_.Make(4, "D"), builder_.Make(4, "E")});
  ExpectSameAsBuilderAndReopen();
  EXPECT_THAT(log_->restored().epoch_starts,
              ElementsAre(Pair(Epoch(1), LogIndex(1)), Pair(Epoch(2), LogIndex(2)),
                          Pair(Epoch(4), LogIndex(3))));
}

TEST_P(LogStoreTest, TruncatesAndAppendsInOneWrite) {
  log_->Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  builder_.TruncateAfter(LogIndex(1));
  log_->Write({.hard_state = raft::HardState{.epoch = Epoch(2)},
               .truncate_after = LogIndex(1),
               .entries = {builder_.Make(2, "B")}});
  ExpectSameAsBuilderAndReopen();
}

TEST_P(LogStoreTest, TruncatesToNothingAndStartsAgain) {
  log_->Append({builder_.Make(1, "a"), builder_.Make(1, "b")});
  builder_.TruncateAfter(LogIndex(0));
  log_->Write({.truncate_after = LogIndex(0)});
  ExpectSameAsBuilderAndReopen();
  log_->Append({builder_.Make(2, "A")});
  ExpectSameAsBuilderAndReopen();
}

TEST_P(LogStoreTest, QueuedTruncationsSeeWhatWasQueuedBeforeThem) {
  log_->Queue({.entries = {builder_.Make(1, "a"), builder_.Make(1, "b")}});
  builder_.TruncateAfter(LogIndex(1));
  log_->Queue({.truncate_after = LogIndex(1), .entries = {builder_.Make(2, "B")}});
  builder_.TruncateAfter(LogIndex(1));
  log_->Queue({.truncate_after = LogIndex(1), .entries = {builder_.Make(3, "BB")}});
  log_->Queue({.entries = {builder_.Make(3, "CC")}});
  log_->Run();
  EXPECT_THAT(log_->completed(), ElementsAre(1, 2, 3, 4));
  ExpectSameAsBuilderAndReopen();
}

TEST_P(LogStoreTest, QueuedWritesShareOneSync) {
  for (int i = 0; i < 100; ++i) log_->Queue({.entries = {builder_.Make(1, "x")}});
  EXPECT_EQ(log_->log().DurableState().write_id, 0u);
  log_->Run();
  EXPECT_EQ(log_->log().DurableState().write_id, 1u);
  EXPECT_EQ(log_->completed().size(), 100u);
  EXPECT_TRUE(std::is_sorted(log_->completed().begin(), log_->completed().end()));
  ExpectSameAsBuilderAndReopen();
}

TEST_P(LogStoreTest, ABatchIsAtMostAMebibyteOrOneWrite) {
  const std::string big(400 << 10, 'b');
  const std::string huge(3 << 20, 'h');
  for (int i = 0; i < 5; ++i) log_->Queue({.entries = {builder_.Make(1, big)}});  // 2 + 2 + 1
  log_->Queue({.entries = {builder_.Make(1, huge)}});                             // alone
  log_->Queue({.entries = {builder_.Make(1, "small")}});
  log_->Run();
  EXPECT_EQ(log_->log().DurableState().write_id, 5u);
  ExpectSameAsBuilderAndReopen();
}

TEST_P(LogStoreTest, ReadsAtMostWhatIsAskedFor) {
  for (int i = 0; i < 50; ++i) log_->Append({builder_.Make(1, std::string(1000, 'x'))});
  EXPECT_EQ(log_->Read(3, 7)->size(), 5u);
  EXPECT_EQ(log_->Read(3, 7)->front()->index(), LogIndex(3));
  EXPECT_EQ(log_->Read(3, 1000)->size(), 48u);
  EXPECT_EQ(log_->Read(3, 1000, 1)->size(), 1u) << "at least one";
  const size_t entry_bytes = builder_.entries().front()->encoded().size();
  EXPECT_EQ(log_->Read(1, 1000, 20 * entry_bytes)->size(), 20u);
  EXPECT_EQ(log_->Read(1, 1000, 20 * entry_bytes + 1)->size(), 20u);
  EXPECT_EQ(log_->Read(1, 1000, 20 * entry_bytes - 1)->size(), 19u);
  EXPECT_EQ(log_->Read(0, 7).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(log_->Read(51, 51).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(LogStoreTest, FindsTheEntryOfEveryOffset) {
  for (int i = 0; i < 40; ++i) log_->Append({builder_.Make(1, "x", 1 + (i * 7) % 5)});
  for (const raft::EntryPtr& entry : builder_.entries()) {
    for (RecordOffset offset = entry->header().base_offset; offset < entry->end_offset();
         ++offset) {
      const auto entries = log_->ReadFromOffset(offset.value(), 1000, 1);
      ASSERT_TRUE(entries.ok()) << entries.status();
      EXPECT_EQ(entries->front()->index(), entry->index()) << "offset " << offset;
    }
  }
  EXPECT_EQ(log_->ReadFromOffset(0, 1000)->size(), 40u);
  for (const int64_t offset :
       {int64_t{-1}, builder_.end_offset().value(), std::numeric_limits<int64_t>::max(),
        std::numeric_limits<int64_t>::min()}) {
    EXPECT_EQ(log_->ReadFromOffset(offset, 1000).status().code(), absl::StatusCode::kOutOfRange);
  }
  EXPECT_EQ(log_->ReadFromOffset(builder_.end_offset().value() - 1, 39).status().code(),
            absl::StatusCode::kOutOfRange)
      << "the entry lies beyond `to`";
}

// Random appends, truncations and votes, queued in random groups, against a plain vector.
TEST_P(LogStoreTest, BehavesLikeAVector) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    for (int step = 0; step < 40; ++step) {
      raft::LogWrite write;
      const int32_t epoch = static_cast<int32_t>(seed * 100) + step;
      if (rng.Below(3) == 0 && !builder_.entries().empty()) {
        const LogIndex to(static_cast<int64_t>(rng.Below(builder_.entries().size() + 1)));
        builder_.TruncateAfter(to);
        write.truncate_after = to;
      }
      for (uint64_t i = rng.Below(4); i > 0; --i) {
        write.entries.push_back(builder_.Make(epoch, std::string(rng.Below(3000), 'x')));
      }
      if (rng.Below(4) == 0) write.hard_state = raft::HardState{.epoch = Epoch(epoch)};
      log_->Queue(std::move(write));
      if (rng.Below(3) == 0) log_->Run();
      if (rng.Below(10) == 0) {
        log_->Run();
        ExpectSameAsBuilderAndReopen();
      }
    }
    log_->Run();
    ExpectSameAsBuilderAndReopen();
  }
}

// Faults, on the store that can have them.
class LogFaultTest : public ::testing::Test {
 protected:
  LogFaultTest() { CHECK_OK(log_.Open()); }

  // The entries that the log holds after a power loss.
  std::vector<std::string> PayloadsAfterCrash() {
    kv_.Crash();
    CHECK_OK(log_.Open());
    if (!log_.restored().has_log()) return {};
    return Payloads(*log_.Read(1, 1000));
  }

  MemoryKv kv_;
  OpenedLog log_{&kv_};
  LogBuilder builder_;
};

TEST_F(LogFaultTest, WhatWasAcknowledgedSurvivesAPowerLoss) {
  for (int i = 0; i < 10; ++i) {
    log_.Append({builder_.Make(1, std::to_string(i))});
    EXPECT_EQ(log_.completed().size(), static_cast<size_t>(i + 1));
    EXPECT_EQ(PayloadsAfterCrash(), Payloads(builder_.entries()));
  }
}

TEST_F(LogFaultTest, EveryBatchIsSynced) {
  for (int i = 0; i < 10; ++i) log_.Append({builder_.Make(1, "x")});
  EXPECT_EQ(kv_.write_count(), 10u);
  EXPECT_EQ(kv_.sync_count(), 10u);
}

TEST_F(LogFaultTest, AFailedWriteIsFatalAndLost) {
  log_.Append({builder_.Make(1, "a")});
  kv_.FailWrites(MemoryKv::FailedWrite::kLost);
  log_.Append({builder_.Make(1, "b")});
  EXPECT_FALSE(log_.fatal().ok());
  EXPECT_EQ(log_.failed(), 1);
  EXPECT_THAT(PayloadsAfterCrash(), ElementsAre("a"));
}

TEST_F(LogFaultTest, AWriteThatFailedMayHaveTakenEffect) {
  log_.Append({builder_.Make(1, "a")});
  kv_.FailWrites(MemoryKv::FailedWrite::kKept);
  log_.Append({builder_.Make(1, "b")});
  EXPECT_EQ(log_.failed(), 1);
  EXPECT_EQ(log_.Read(2, 2).status().code(), absl::StatusCode::kOutOfRange)
      << "readers see what was acknowledged only";
  EXPECT_THAT(PayloadsAfterCrash(), ElementsAre("a", "b"));
}

TEST_F(LogFaultTest, NothingIsWrittenAfterAFailure) {
  kv_.FailWrites(MemoryKv::FailedWrite::kLost);
  log_.Append({builder_.Make(1, "a")});
  kv_.Crash();  // the disk works again, but this process must not notice
  builder_.TruncateAfter(LogIndex(0));
  log_.Append({builder_.Make(1, "b")});
  EXPECT_EQ(log_.failed(), 2);
  EXPECT_THAT(PayloadsAfterCrash(), IsEmpty());
}

TEST_F(LogFaultTest, NoFlippedBitIsEverServed) {
  log_.Append({builder_.Make(1, "aaa"), builder_.Make(2, "bbb"), builder_.Make(2, "ccc")});
  const size_t bits = builder_.entries()[1]->encoded().size() * 8;
  for (size_t bit = 0; bit < bits; ++bit) {
    kv_.FlipBit(KvFamily::kLog, LogKey(LogIndex(2)), bit);
    EXPECT_EQ(log_.Read(1, 3).status().code(), absl::StatusCode::kDataLoss) << "bit " << bit;
    EXPECT_EQ(log_.ReadFromOffset(1, 3).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss) << "bit " << bit;
    EXPECT_EQ(log_.Read(1, 1)->size(), 1u) << "what is whole is served";
    kv_.FlipBit(KvFamily::kLog, LogKey(LogIndex(2)), bit);
  }
  EXPECT_EQ(log_.Read(1, 3)->size(), 3u);
}

TEST_F(LogFaultTest, DamageNamesTheEntry) {
  log_.Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  kv_.Erase(KvFamily::kLog, LogKey(LogIndex(2)));
  EXPECT_THAT(std::string(log_.Read(1, 3).status().message()), HasSubstr("log entry 2: missing"));
  EXPECT_THAT(std::string(RecoverLog(kv_).status().message()), HasSubstr("log entry 2: missing"));
}

TEST_F(LogFaultTest, AnUnreadableEntryIsDataLoss) {
  log_.Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  kv_.FailReads(KvFamily::kLog, LogKey(LogIndex(2)));
  EXPECT_EQ(log_.Read(1, 3).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogFaultTest, AnEntryOfAnotherHistoryIsDataLoss) {
  log_.Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  // A valid frame with the right index, as a misdirected or a lost write leaves it behind.
  LogBuilder other;
  other.Make(1, "x");
  const raft::EntryPtr stray = other.Make(1, "y");
  CHECK_OK(kv_.WriteBatch(99, {{KvFamily::kLog, LogKey(LogIndex(2)), stray->encoded()}}, true));
  EXPECT_EQ(log_.Read(1, 3).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogFaultTest, AMissingEndIsDataLoss) {
  log_.Append({builder_.Make(1, "a"), builder_.Make(1, "b")});
  kv_.Erase(KvFamily::kLog, LogKey(LogIndex(2)));
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogFaultTest, AMissingBeginningOfALongLogIsDataLoss) {
  const std::string payload(1 << 20, 'x');
  for (int i = 0; i < 10; ++i) log_.Append({builder_.Make(1, payload)});
  kv_.FlipBit(KvFamily::kLog, LogKey(LogIndex(1)), 800);
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogFaultTest, AFirstEntryThatDoesNotBeginALogIsDataLoss) {
  log_.Append({builder_.Make(1, "a")});
  for (const auto& [base_offset, prev_checksum] : {std::pair(1, 0), std::pair(0, 1)}) {
    const raft::EntryPtr stray =
        raft::Entry::Make({.epoch = Epoch(1),
                           .index = LogIndex(1),
                           .base_offset = RecordOffset(base_offset),
                           .prev_checksum = static_cast<uint64_t>(prev_checksum)},
                          "a");
    CHECK_OK(kv_.WriteBatch(99, {{KvFamily::kLog, LogKey(LogIndex(1)), stray->encoded()}}, true));
    EXPECT_THAT(std::string(RecoverLog(kv_).status().message()), HasSubstr("does not begin a log"));
  }
}

TEST_F(LogFaultTest, EveryMetaValueIsVerified) {
  log_.Write({.hard_state = raft::HardState{.epoch = Epoch(1), .vote = MakeKey(1, 'v')},
              .founding_voters = MakeVoters({1, 2, 3}),
              .entries = {builder_.MakeVoters(1, MakeVoters({1, 2, 3}))}});
  for (const std::string_view key :
       {kStateKey, kEpochStartsKey, kVoterEntriesKey, kFoundingVotersKey}) {
    const size_t bits = (*kv_.Get(KvFamily::kMeta, key))->size() * 8;
    for (size_t bit = 0; bit < bits; ++bit) {
      kv_.FlipBit(KvFamily::kMeta, key, bit);
      EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss)
          << key << ", bit " << bit;
      kv_.FlipBit(KvFamily::kMeta, key, bit);
    }
  }
  EXPECT_TRUE(RecoverLog(kv_).ok());
}

TEST_F(LogFaultTest, AMissingStateIsDataLossAndNotANewLog) {
  log_.Write({.founding_voters = MakeVoters({1, 2, 3})});
  kv_.Erase(KvFamily::kMeta, kStateKey);
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
  kv_.Erase(KvFamily::kMeta, kFoundingVotersKey);
  EXPECT_TRUE(RecoverLog(kv_).ok()) << "an empty store";
}

TEST_F(LogFaultTest, MissingIndexesAreDataLoss) {
  log_.Append({builder_.Make(1, "a")});
  kv_.Erase(KvFamily::kMeta, kEpochStartsKey);
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
}

// A store that lets a test act in the middle of a MultiGet.
class InterruptedKv final : public KvStore {
 public:
  explicit InterruptedKv(KvStore* kv) : kv_(kv) {}

  // Called once, between the two halves of the next MultiGet.
  mutable std::function<void()> interruption;

  absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) override {
    return kv_->WriteBatch(write_id, puts, sync);
  }
  absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                 std::string_view key) const override {
    return kv_->Get(family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const override {
    const auto middle = keys.begin() + std::ssize(keys) / 2;
    auto values = kv_->MultiGet(family, {keys.begin(), middle});
    if (interruption) std::exchange(interruption, nullptr)();
    auto rest = kv_->MultiGet(family, {middle, keys.end()});
    values->insert(values->end(), rest->begin(), rest->end());
    return values;
  }
  absl::Status DropPrefix(KvFamily family, std::string_view end) override {
    return kv_->DropPrefix(family, end);
  }

 private:
  KvStore* const kv_;
};

TEST(LogStoreOverlapTest, AReadThatATruncationOverlapsStartsAnew) {
  MemoryKv memory;
  InterruptedKv kv(&memory);
  ManualClock clock;
  ManualExecutor writer(&clock);
  ManualExecutor reader(&clock);
  LogStore log(&kv, *RecoverLog(kv), {.writer = &writer, .reader = &reader});
  LogBuilder builder;
  const auto apply = [&](raft::LogWrite write) {
    log.Write(std::move(write), [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
    writer.RunReady();
  };
  apply({.entries = {builder.Make(1, "a"), builder.Make(1, "b"), builder.Make(1, "c"),
                     builder.Make(1, "d")}});

  kv.interruption = [&] {
    builder.TruncateAfter(LogIndex(1));
    apply({.truncate_after = LogIndex(1),
           .entries = {builder.Make(2, "B"), builder.Make(2, "C"), builder.Make(2, "D")}});
  };
  std::vector<std::string> payloads;
  log.Read(LogIndex(1), LogIndex(4), kNoLimit, [&](auto entries) {
    ASSERT_TRUE(entries.ok()) << entries.status();
    payloads = Payloads(*entries);
  });
  reader.RunReady();
  EXPECT_THAT(payloads, ElementsAre("a", "B", "C", "D"));
}

using LogStoreDeathTest = LogFaultTest;

TEST_F(LogStoreDeathTest, RefusesWhatDoesNotContinueTheLog) {
  log_.Append({builder_.Make(2, "a"), builder_.Make(2, "b")});
  const auto append = [this](auto change) {
    raft::EntryHeader header{.epoch = Epoch(2),
                             .index = LogIndex(3),
                             .base_offset = RecordOffset(2),
                             .prev_checksum = builder_.entries().back()->checksum()};
    change(header);
    log_.Append({raft::Entry::Make(header, "c")});
  };
  EXPECT_DEATH(append([](auto& header) { header.index = LogIndex(4); }), "do not continue");
  EXPECT_DEATH(append([](auto& header) { header.base_offset = RecordOffset(3); }),
               "do not continue");
  EXPECT_DEATH(append([](auto& header) { header.epoch = Epoch(1); }), "do not continue");
  EXPECT_DEATH(append([](auto& header) { header.prev_checksum ^= 1; }), "was appended behind");
  append([](auto&) {});
  EXPECT_EQ(log_.completed().size(), 2u);
}

TEST_F(LogStoreDeathTest, RefusesToTruncateWhatIsNotThere) {
  log_.Append({builder_.Make(1, "a")});
  EXPECT_DEATH(log_.Write({.truncate_after = LogIndex(2)}), "Check failed");
  EXPECT_DEATH(log_.Write({.truncate_after = LogIndex(-1)}), "Check failed");
}

}  // namespace
}  // namespace quorate::storage
