// The log on both of its stores, with an executor that the tests advance by hand.
#include "storage/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "storage/entry_reader.h"
#include "storage/key_layout.h"
#include "storage/memory_kv.h"
#include "storage/rocksdb_kv.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/opened_log.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

enum class Store { kMemory, kRocksDb };

class LogStoreTest : public ::testing::TestWithParam<Store> {
 protected:
  LogStoreTest() { Reopen(); }

  // Closes the log and its store and opens them again. The memory store keeps its contents, as a
  // disk does.
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

  // Expects that the log holds exactly what `builder_` made, now and after it is opened again.
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

  // Entries that were cut off do not come back when the log grows past them.
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

// Records how many values are read at once.
class CountingKv final : public KvStore {
 public:
  explicit CountingKv(KvStore* kv) : kv_(kv) {}
  absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) override {
    return kv_->WriteBatch(write_id, puts, sync);
  }
  absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                 std::string_view key) const override {
    return kv_->Get(family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const override {
    most_keys = std::max(most_keys, keys.size());
    return kv_->MultiGet(family, keys);
  }
  absl::Status DropPrefix(KvFamily family, std::string_view end) override {
    return kv_->DropPrefix(family, end);
  }

  mutable size_t most_keys = 0;

 private:
  KvStore* const kv_;
};

// The size of small entries tells nothing about later ones, which may have the maximum size.
TEST(EntryReaderTest, AsksForFewEntriesAtOnce) {
  MemoryKv memory;
  LogBuilder builder;
  std::vector<KvPut> puts;
  for (int i = 0; i < 500; ++i) {
    const raft::EntryPtr entry = builder.Make(1, "small");
    puts.push_back(
        {.family = KvFamily::kLog, .key = LogKey(entry->index()), .value = entry->encoded()});
  }
  ASSERT_TRUE(memory.WriteBatch(1, puts, /*sync=*/true).ok());
  const CountingKv counting(&memory);
  const auto entries = EntryReader(&counting).ReadRange(LogIndex(1), LogIndex(500), 1 << 20);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->size(), 500U);
  EXPECT_LE(counting.most_keys, 8U);
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

// Random appends, truncations and votes, queued in random groups, compared with a plain vector.
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

}  // namespace
}  // namespace quorate::storage
