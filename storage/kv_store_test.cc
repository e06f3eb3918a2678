// What the log requires of both stores, and the faults of the one in memory.
#include "storage/kv_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "storage/key_layout.h"
#include "storage/memory_kv.h"
#include "storage/rocksdb_kv.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr KvFamily kLog = KvFamily::kLog;
constexpr KvFamily kMeta = KvFamily::kMeta;

enum class Store { kMemory, kRocksDb };

class KvStoreTest : public ::testing::TestWithParam<Store> {
 protected:
  KvStoreTest() {
    if (GetParam() == Store::kMemory) {
      kv_ = std::make_unique<MemoryKv>();
    } else {
      auto kv = RocksDbKv::Open({.path = dir_.path(), .create = true, .memtable_bytes = 64 << 10});
      CHECK_OK(kv.status());
      kv_ = *std::move(kv);
    }
  }

  TempDir dir_;
  std::unique_ptr<KvStore> kv_;
};

INSTANTIATE_TEST_SUITE_P(Stores, KvStoreTest, ::testing::Values(Store::kMemory, Store::kRocksDb),
                         [](const auto& param) {
                           return param.param == Store::kMemory ? "Memory" : "RocksDb";
                         });

TEST_P(KvStoreTest, FamiliesAreApart) {
  ASSERT_TRUE(kv_->WriteBatch(1, {{kLog, "a", "1"}, {kMeta, "a", "2"}}, true).ok());
  EXPECT_EQ(*kv_->Get(kLog, "a"), "1");
  EXPECT_EQ(*kv_->Get(kMeta, "a"), "2");
  EXPECT_EQ(*kv_->Get(kLog, "b"), std::nullopt);
}

TEST_P(KvStoreTest, TheLastPutOfAKeyHolds) {
  ASSERT_TRUE(kv_->WriteBatch(1, {{kLog, "a", "1"}, {kLog, "a", "2"}}, true).ok());
  EXPECT_EQ(*kv_->Get(kLog, "a"), "2");
  ASSERT_TRUE(kv_->WriteBatch(2, {{kLog, "a", ""}}, false).ok());
  EXPECT_EQ(*kv_->Get(kLog, "a"), "") << "empty is not missing";
}

TEST_P(KvStoreTest, MultiGetAnswersInTheOrderOfTheKeys) {
  ASSERT_TRUE(kv_->WriteBatch(1, {{kLog, "a", "1"}, {kLog, "c", "3"}}, true).ok());
  EXPECT_THAT(*kv_->MultiGet(kLog, {"c", "b", "a", "c"}), ElementsAre("3", std::nullopt, "1", "3"));
  EXPECT_TRUE(kv_->MultiGet(kLog, {})->empty());
}

TEST_P(KvStoreTest, DropPrefixRemovesWhatIsBelowItsEnd) {
  // Enough for several table files, so that both ways of dropping are used.
  const std::string value(10 << 10, 'v');
  for (int64_t i = 1; i <= 60; ++i) {
    const std::string key = LogKey(LogIndex(i));
    ASSERT_TRUE(kv_->WriteBatch(static_cast<uint64_t>(i), {{kLog, key, value}}, true).ok());
  }
  ASSERT_TRUE(kv_->WriteBatch(61, {{kMeta, "a", "1"}}, true).ok());
  ASSERT_TRUE(kv_->DropPrefix(kLog, LogKey(LogIndex(41))).ok());
  for (int64_t i = 1; i <= 60; ++i) {
    EXPECT_EQ(kv_->Get(kLog, LogKey(LogIndex(i)))->has_value(), i > 40) << i;
  }
  EXPECT_EQ(*kv_->Get(kMeta, "a"), "1");
}

TEST(RocksDbKvTest, KeepsItsValuesThroughARestart) {
  const TempDir dir;
  for (int round = 0; round < 3; ++round) {
    const auto kv = RocksDbKv::Open({.path = dir.path(), .create = round == 0});
    ASSERT_TRUE(kv.ok()) << kv.status();
    if (round == 0) {
      ASSERT_TRUE((*kv)->WriteBatch(1, {{kLog, "a", "1"}}, true).ok());
    }
    EXPECT_EQ(*(*kv)->Get(kLog, "a"), "1");
  }
}

TEST(RocksDbKvTest, CountsWhatItWritesAndReads) {
  const TempDir dir;
  const auto kv = RocksDbKv::Open({.path = dir.path(), .create = true});
  ASSERT_TRUE(kv.ok()) << kv.status();
  const KvMetrics& metrics = (*kv)->metrics();
  ASSERT_TRUE((*kv)->WriteBatch(1, {{KvFamily::kLog, "key", "value"}}, /*sync=*/true).ok());
  EXPECT_GT(metrics.sync_duration.sum(), 0);
  EXPECT_GE(metrics.written_bytes.value(), 8u);
  EXPECT_EQ(metrics.reads.value(), 0u);
  ASSERT_TRUE((*kv)->Get(KvFamily::kLog, "key").ok());
  ASSERT_TRUE((*kv)->MultiGet(KvFamily::kLog, {"key", "missing"}).ok());
  EXPECT_EQ(metrics.reads.value(), 2u);
  EXPECT_EQ(metrics.read_bytes.value(), 10u);
  EXPECT_GT((*kv)->ApproximateBytes(), 0u);
}

TEST(RocksDbKvTest, AMissingDatabaseIsALossUnlessItIsToBeMade) {
  const TempDir dir;
  const absl::Status status = RocksDbKv::Open({.path = dir.path() + "/log"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(dir.path()));
}

TEST(MemoryKvTest, ACrashForgetsWhatWasNotSynced) {
  MemoryKv kv;
  ASSERT_TRUE(kv.WriteBatch(1, {{kLog, "a", "1"}, {kLog, "b", "1"}}, false).ok());
  ASSERT_TRUE(kv.WriteBatch(2, {{kLog, "b", "2"}}, true).ok());
  ASSERT_TRUE(kv.WriteBatch(3, {{kLog, "a", "3"}, {kLog, "c", "3"}}, false).ok());
  ASSERT_TRUE(kv.WriteBatch(4, {{kLog, "a", "4"}}, false).ok());
  EXPECT_THAT(*kv.MultiGet(kLog, {"a", "b", "c"}), ElementsAre("4", "2", "3"));
  kv.Crash();
  EXPECT_THAT(*kv.MultiGet(kLog, {"a", "b", "c"}), ElementsAre("1", "2", std::nullopt));
  EXPECT_EQ(kv.write_count(), 4u);
  EXPECT_EQ(kv.sync_count(), 1u);
}

TEST(MemoryKvTest, FailedWritesAreLostOrKept) {
  MemoryKv kv;
  kv.FailWrites(MemoryKv::FailedWrite::kLost);
  EXPECT_FALSE(kv.WriteBatch(1, {{kLog, "a", "1"}}, true).ok());
  kv.Crash();
  EXPECT_EQ(*kv.Get(kLog, "a"), std::nullopt);
  kv.FailWrites(MemoryKv::FailedWrite::kKept);
  EXPECT_FALSE(kv.WriteBatch(2, {{kLog, "a", "2"}}, true).ok());
  EXPECT_FALSE(kv.WriteBatch(3, {{kLog, "b", "3"}}, false).ok()) << "until the machine is back";
  kv.Crash();
  EXPECT_THAT(*kv.MultiGet(kLog, {"a", "b"}), ElementsAre("2", std::nullopt));
  EXPECT_TRUE(kv.WriteBatch(4, {{kLog, "a", "4"}}, true).ok());
}

TEST(MemoryKvTest, DamagesValuesAndReads) {
  MemoryKv kv;
  ASSERT_TRUE(kv.WriteBatch(1, {{kLog, "a", "abc"}, {kLog, "b", "x"}}, true).ok());
  kv.FlipBit(kLog, "a", 9);
  EXPECT_EQ(*kv.Get(kLog, "a"), "a`c");
  kv.Erase(kLog, "b");
  EXPECT_EQ(*kv.Get(kLog, "b"), std::nullopt);
  kv.FailReads(kLog, "a");
  EXPECT_EQ(kv.Get(kLog, "a").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(kv.MultiGet(kLog, {"b", "a"}).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::storage
