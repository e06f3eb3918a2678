// How the log reacts to failed writes, damaged values, overlapping calls and our own bugs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/key_layout.h"
#include "storage/log_store.h"
#include "storage/memory_kv.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/opened_log.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogFaultTest : public ::testing::Test {
 protected:
  LogFaultTest() { CHECK_OK(log_.Open()); }

  // Returns the entries that the log holds after a power loss.
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
  kv_.Crash();  // the disk works again, but this process must not use it
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
  // A valid frame with the right index, as a misdirected or lost write leaves it.
  LogBuilder other;
  other.Make(1, "x");
  const raft::EntryPtr stray = other.Make(1, "y");
  CHECK_OK(kv_.WriteBatch(99, {{KvFamily::kLog, LogKey(LogIndex(2)), stray->encoded()}}, true));
  EXPECT_EQ(log_.Read(1, 3).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(RecoverLog(kv_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogFaultTest, AWriteThatWentAstrayIsNeverServed) {
  log_.Append({builder_.Make(1, "a"), builder_.Make(1, "b"), builder_.Make(1, "c")});
  ASSERT_EQ(kv_.Keys(KvFamily::kLog).size(), 3u);
  kv_.Misdirect(KvFamily::kLog, LogKey(LogIndex(3)), LogKey(LogIndex(1)));
  EXPECT_THAT(kv_.Keys(KvFamily::kLog), ElementsAre(LogKey(LogIndex(1)), LogKey(LogIndex(2))));
  for (const int64_t index : {1, 3}) {
    EXPECT_EQ(log_.Read(index, index).status().code(), absl::StatusCode::kDataLoss) << index;
  }
  EXPECT_EQ(log_.Read(2, 2)->size(), 1u);
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
    EXPECT_THAT(std::string(RecoverLog(kv_).status().message()), HasSubstr("log entry 1: "));
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

// An entry from a leader may follow one that the core has only on disk. So a wrong one gets this
// far.
TEST(LogContinuityTest, WhatDoesNotContinueTheLogIsFatalAndNotWritten) {
  const auto expect_fatal = [](auto change, const std::string& why) {
    MemoryKv kv;
    OpenedLog log{&kv};
    CHECK_OK(log.Open());
    LogBuilder builder;
    log.Append({builder.Make(2, "a"), builder.Make(2, "b")});
    raft::EntryHeader header{.epoch = Epoch(2),
                             .index = LogIndex(3),
                             .base_offset = RecordOffset(2),
                             .prev_checksum = builder.entries().back()->checksum()};
    change(header);
    log.Append({raft::Entry::Make(header, "c")});
    EXPECT_THAT(std::string(log.fatal().message()), HasSubstr(why));
    EXPECT_EQ(log.failed(), 1);
    kv.Crash();
    CHECK_OK(log.Open());
    EXPECT_THAT(Payloads(*log.Read(1, 1000)), ElementsAre("a", "b"));
  };
  expect_fatal([](auto& header) { header.index = LogIndex(4); }, "do not continue");
  expect_fatal([](auto& header) { header.base_offset = RecordOffset(3); }, "do not continue");
  expect_fatal([](auto& header) { header.epoch = Epoch(1); }, "do not continue");
  expect_fatal([](auto& header) { header.prev_checksum ^= 1; }, "was appended after");
}

using LogStoreDeathTest = LogFaultTest;

TEST_F(LogStoreDeathTest, RefusesToTruncateWhatIsNotThere) {
  log_.Append({builder_.Make(1, "a")});
  EXPECT_DEATH(log_.Write({.truncate_after = LogIndex(2)}), "Check failed");
  EXPECT_DEATH(log_.Write({.truncate_after = LogIndex(-1)}), "Check failed");
}

}  // namespace
}  // namespace quorate::storage
