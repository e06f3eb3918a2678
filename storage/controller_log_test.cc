// The log as a process has it: threads, RocksDB, data directory and watermark; and what it makes of
// a damaged disk.
#include "storage/controller_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/failpoint.h"
#include "base/random.h"
#include "storage/file_io.h"
#include "storage/testing/await.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr size_t kNoLimit = 64 << 20;

// A directory with its log open.
struct Node {
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<ControllerLog> log;
};

absl::StatusOr<Node> OpenNode(const std::string& path, ControllerLog::Options options = {}) {
  Rng rng(1);
  Node node;
  ASSIGN_OR_RETURN(node.directory,
                   DataDirectory::Open(path, {.cluster_id = "cluster", .node_id = 1}, rng));
  ASSIGN_OR_RETURN(node.log, ControllerLog::Open(node.directory.get(), std::move(options)));
  return node;
}

// The payloads of all entries, in order.
absl::StatusOr<std::vector<std::string>> ReadAll(ControllerLog& log) {
  const raft::RestoredLog restored = log.TakeRestored();
  std::vector<std::string> payloads;
  for (LogIndex next(1); next <= restored.last_index;) {
    ASSIGN_OR_RETURN(const auto entries,
                     ReadAndWait(*log.log(), next, restored.last_index, kNoLimit));
    for (const raft::EntryPtr& entry : entries) payloads.emplace_back(entry->payload());
    next = entries.back()->index() + 1;
  }
  return payloads;
}

TEST(ControllerLogTest, KeepsWhatItAcknowledged) {
  const TempDir dir;
  LogBuilder builder;
  for (int round = 0; round < 3; ++round) {
    auto node = OpenNode(dir.path());
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(ReadAll(*node->log)->size(), builder.entries().size());
    EXPECT_TRUE(node->log->log()->HasFreeSpace());
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(
          WriteAndWait(*node->log->log(), {.entries = {builder.Make(round + 1, "x")}}).ok());
      const LogIndex last = builder.last_index();
      EXPECT_EQ(ReadAndWait(*node->log->log(), last, last, 1)->front()->index(), last)
          << "what a completed write covers is seen";
    }
  }
}

TEST(ControllerLogTest, ManyWritesShareFewSyncs) {
  const TempDir dir;
  auto node = OpenNode(dir.path());
  ASSERT_TRUE(node.ok()) << node.status();
  LogBuilder builder;
  constexpr int kWrites = 5000;
  std::atomic<int> completed{0};
  std::vector<int> order;  // appended to by the writer only
  for (int i = 0; i < kWrites; ++i) {
    node->log->log()->Write({.entries = {builder.Make(1, "x")}},
                            [&order, &completed, i](const absl::Status& status) {
                              EXPECT_TRUE(status.ok()) << status;
                              order.push_back(i);
                              ++completed;
                            });
  }
  while (completed < kWrites) std::this_thread::yield();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  // The first round may hold one write; while it is synced, thousands queue up.
  EXPECT_LT(node->log->DurableState().write_id, kWrites / 10);
  EXPECT_EQ(node->log->DurableState().last_index, LogIndex(kWrites));
}

// Reads that overlap truncations see one history or the other, and never damage.
TEST(ControllerLogTest, ReadersAndTruncationsDoNotMix) {
  const TempDir dir;
  auto node = OpenNode(dir.path());
  ASSERT_TRUE(node.ok()) << node.status();
  raft::DurableLog& log = *node->log->log();
  LogBuilder builder;
  raft::LogWrite first;
  for (int i = 0; i < 200; ++i) first.entries.push_back(builder.Make(1, "x"));
  ASSERT_TRUE(WriteAndWait(log, std::move(first)).ok());

  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const auto entries = ReadAndWait(log, LogIndex(1), LogIndex(200), kNoLimit);
      ASSERT_TRUE(entries.ok()) << entries.status();
      ASSERT_GE(entries->size(), 100u);
    }
  });
  for (int32_t epoch = 2; epoch < 60; ++epoch) {
    builder.TruncateAfter(LogIndex(100));
    raft::LogWrite write{.truncate_after = LogIndex(100)};
    for (int i = 0; i < 100; ++i) write.entries.push_back(builder.Make(epoch, "y"));
    EXPECT_TRUE(WriteAndWait(log, std::move(write)).ok());
  }
  stop = true;
  reader.join();
}

TEST(ControllerLogTest, GoesOnThroughFlushedTables) {
  const TempDir dir;
  LogBuilder builder;
  const std::string payload(8 << 10, 'x');
  for (int round = 0; round < 2; ++round) {
    auto node = OpenNode(dir.path(), {.memtable_bytes = 64 << 10});
    ASSERT_TRUE(node.ok()) << node.status();
    const auto payloads = ReadAll(*node->log);
    ASSERT_TRUE(payloads.ok()) << payloads.status();
    EXPECT_EQ(payloads->size(), builder.entries().size());
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, payload)}}).ok());
    }
  }
}

TEST(ControllerLogTest, TheWatermarkFollowsTheLog) {
  const TempDir dir;
  const WatermarkFile watermark(dir.path() + "/watermark");
  LogBuilder builder;
  {
    auto node = OpenNode(dir.path(), {.housekeeping_interval = std::chrono::milliseconds(1)});
    ASSERT_TRUE(node.ok()) << node.status();
    ASSERT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, "x")}}).ok());
    while (!watermark.Load()->has_value()) std::this_thread::yield();
    EXPECT_EQ((*watermark.Load())->last_index, LogIndex(1));
  }
  {
    // An interval longer than the test: only closing saves.
    auto node = OpenNode(dir.path(), {.housekeeping_interval = std::chrono::hours(1)});
    ASSERT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, "x")}}).ok());
  }
  EXPECT_EQ((*watermark.Load())->last_index, LogIndex(2));
  EXPECT_EQ((*watermark.Load())->write_id, 2u);
}

TEST(ControllerLogTest, AFullDiskIsSaidBeforeItIsFull) {
  const TempDir dir;
  auto node = OpenNode(dir.path(), {.min_free_bytes = uint64_t{1} << 62});
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_FALSE(node->log->log()->HasFreeSpace());
}

// A log of five writes, closed in good order, for tests that damage copies of it.
class DamagedLogTest : public ::testing::Test {
 protected:
  static constexpr int kWrites = 5;

  DamagedLogTest() {
    auto node = OpenNode(original_);
    CHECK_OK(node.status());
    for (int i = 0; i < kWrites; ++i) {
      wal_sizes_.push_back(fs::file_size(WalOf(original_)));
      CHECK_OK(WriteAndWait(*node->log->log(), {.entries = {builder_.Make(1, Payload(i))}}));
    }
    wal_sizes_.push_back(fs::file_size(WalOf(original_)));
  }

  static std::string Payload(int i) { return std::string(100, static_cast<char>('a' + i)); }

  // RocksDB's current write-ahead log.
  static std::string WalOf(const std::string& path) {
    std::string newest;
    for (const auto& file : fs::directory_iterator(path + "/log")) {
      const std::string name = file.path().string();
      if (name.ends_with(".log")) newest = std::max(newest, name);
    }
    CHECK(!newest.empty());
    return newest;
  }

  // A fresh copy of the log.
  std::string Copy() {
    const std::string path = dir_.path() + "/copy" + std::to_string(++copies_);
    fs::copy(original_, path, fs::copy_options::recursive);
    return path;
  }
  void FlipBit(const std::string& file, size_t bit) {
    std::string content = **ReadFile(file);
    content[bit / 8] = static_cast<char>(content[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(file, std::ios::binary) << content;
  }

  TempDir dir_;
  std::string original_ = dir_.path() + "/original";
  LogBuilder builder_;
  // Bytes of the write-ahead log before the first write, and after each.
  std::vector<uintmax_t> wal_sizes_;
  int copies_ = 0;
};

// kill -9 or a power loss in the middle of the last write, which was not acknowledged and is not in
// the watermark.
TEST_F(DamagedLogTest, ALastWriteThatIsCutShortIsDropped) {
  const uintmax_t whole = wal_sizes_[kWrites];
  const uintmax_t last_start = wal_sizes_[kWrites - 1];
  for (uintmax_t size = last_start; size < whole;
       size += std::max<uintmax_t>(1, (whole - last_start) / 12)) {
    const std::string path = Copy();
    fs::resize_file(WalOf(path), size);
    fs::remove(path + "/watermark");
    auto node = OpenNode(path);
    ASSERT_TRUE(node.ok()) << size - last_start << " bytes of the last write: " << node.status();
    const auto payloads = ReadAll(*node->log);
    ASSERT_TRUE(payloads.ok()) << payloads.status();
    EXPECT_EQ(payloads->size(), kWrites - 1);

    // And it goes on from there.
    LogBuilder builder = builder_;
    builder.TruncateAfter(LogIndex(kWrites - 1));
    EXPECT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder.Make(2, "again")}}).ok());
    *node = Node();
    node = OpenNode(path);
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(ReadAll(*node->log)->back(), "again");
  }
}

TEST_F(DamagedLogTest, AWriteThatTheWatermarkSawCannotBeCutShort) {
  for (int kept = 0; kept < kWrites; ++kept) {
    const std::string path = Copy();
    fs::resize_file(WalOf(path), wal_sizes_[static_cast<size_t>(kept)]);
    const absl::Status status = OpenNode(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(path), HasSubstr(absl::StrFormat("ends with write %d", kept)),
                      HasSubstr("write 5 (epoch 0, last entry 5) was durable"),
                      HasSubstr("needs an empty data directory")));
  }
}

// Bits all over the write-ahead log, those of the last, whole record included.
TEST_F(DamagedLogTest, AFlippedBitIsNeverServed) {
  const std::string name = fs::path(WalOf(original_)).filename().string();
  const size_t bits = fs::file_size(WalOf(original_)) * 8;
  for (size_t bit = 3; bit < bits; bit += bits / 61) {
    const std::string path = Copy();
    FlipBit(path + "/log/" + name, bit);
    const absl::Status status = OpenNode(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << "bit " << bit << " of " << bits;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    fs::remove_all(path);
  }
}

// Without the help of the watermark: RocksDB must not take damage for the end of the log.
TEST_F(DamagedLogTest, AWholeRecordWithABadChecksumIsALoss) {
  for (size_t i = 0; i < kWrites; ++i) {
    const std::string path = Copy();
    fs::remove(path + "/watermark");
    FlipBit(WalOf(path), (wal_sizes_[i] + wal_sizes_[i + 1]) / 2 * 8);
    EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss) << "write " << i + 1;
  }
}

// Bits in table files, where only what is damaged is lost.
TEST_F(DamagedLogTest, AFlippedBitInATableIsNeverServed) {
  const std::string flushed = Copy();
  ASSERT_TRUE(OpenNode(flushed).ok());  // opening turns the write-ahead log into tables
  original_ = flushed;
  std::vector<std::string> tables;
  for (const auto& file : fs::directory_iterator(flushed + "/log")) {
    if (file.path().extension() == ".sst") tables.push_back(file.path().filename().string());
  }
  ASSERT_FALSE(tables.empty());
  const std::vector<std::string> whole = *ReadAll(*OpenNode(Copy())->log);
  int noticed = 0;
  for (const std::string& table : tables) {
    const size_t bits = fs::file_size(flushed + "/log/" + table) * 8;
    for (size_t bit = 5; bit < bits; bit += bits / 23) {
      const std::string path = Copy();
      FlipBit(path + "/log/" + table, bit);
      auto node = OpenNode(path);
      if (!node.ok()) {
        ++noticed;
        EXPECT_EQ(node.status().code(), absl::StatusCode::kDataLoss) << node.status();
        continue;
      }
      const auto payloads = ReadAll(*node->log);
      if (payloads.ok()) {
        EXPECT_EQ(*payloads, whole) << table << ", bit " << bit;
      } else {
        EXPECT_EQ(payloads.status().code(), absl::StatusCode::kDataLoss);
      }
    }
  }
  EXPECT_GT(noticed, 0);
}

TEST_F(DamagedLogTest, MissingFilesAreALoss) {
  const std::string wal = fs::path(WalOf(original_)).filename().string();
  for (const std::string& missing :
       {std::string("log"), "log/" + wal, std::string("log/CURRENT")}) {
    const std::string path = Copy();
    fs::remove_all(path + "/" + missing);
    EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss) << missing;
  }
  // Not even with the watermark gone is this taken for a first start.
  const std::string path = Copy();
  fs::remove_all(path + "/log");
  fs::remove(path + "/watermark");
  EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamagedLogTest, AnOlderCopyOfTheLogIsALoss) {
  const std::string path = Copy();
  {
    auto node = OpenNode(path);
    ASSERT_TRUE(
        WriteAndWait(*node->log->log(), {.hard_state = raft::HardState{.epoch = Epoch(2)}}).ok());
  }
  fs::remove_all(path + "/log");
  fs::copy(original_ + "/log", path + "/log", fs::copy_options::recursive);
  EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamagedLogTest, ADamagedWatermarkIsALoss) {
  const std::string path = Copy();
  FlipBit(path + "/watermark", 100);
  const absl::Status status = OpenNode(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path + "/watermark"));
}

// A process that dies by kill -9 at a failpoint, again and again.
using ControllerLogDeathTest = ::testing::TestWithParam<const char*>;

INSTANTIATE_TEST_SUITE_P(Failpoints, ControllerLogDeathTest,
                         ::testing::Values("storage.before_write=abort@20",
                                           "storage.after_write=abort@20"));

TEST_P(ControllerLogDeathTest, WhatWasAcknowledgedSurvivesKill9) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // The child runs this test anew; both must have the same directory.
  const TempDir own;
  constexpr char kVariable[] = "QUORATE_TEST_DIR";
  const char* inherited = getenv(kVariable);
  const std::string path = inherited != nullptr ? inherited : own.path();
  setenv(kVariable, path.c_str(), 1);
  const std::string acknowledged_path = path + "/acknowledged";

  const auto write_until_killed = [&] {
    CHECK_OK(ConfigureFailpoints(GetParam()));
    auto node = OpenNode(path + "/data");
    CHECK_OK(node.status());
    LogBuilder builder;
    while (true) {
      CHECK_OK(WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, "x")}}));
      CHECK_OK(ReplaceFile(acknowledged_path, std::to_string(builder.entries().size())));
    }
  };
  EXPECT_EXIT(write_until_killed(), ::testing::KilledBySignal(SIGKILL), "");
  unsetenv(kVariable);

  const int acknowledged = std::stoi(**ReadFile(acknowledged_path));
  EXPECT_EQ(acknowledged, 19);
  auto node = OpenNode(path + "/data");
  ASSERT_TRUE(node.ok()) << node.status();
  const auto payloads = ReadAll(*node->log);
  ASSERT_TRUE(payloads.ok()) << payloads.status();
  // The write in flight may be there, if it was synced before the end came.
  const bool synced = std::string_view(GetParam()).starts_with("storage.after_write");
  EXPECT_EQ(payloads->size(), synced ? 20u : 19u);
}

// Failpoints are the whole program's, so these run in a child each.
TEST(FailpointDeathTest, AFailedWriteEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDir dir;
  const auto write = [&] {
    CHECK_OK(ConfigureFailpoints("storage.before_write=error"));
    auto node = OpenNode(dir.path());
    CHECK_OK(node.status());
    LogBuilder builder;
    WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, "x")}}).IgnoreError();
  };
  EXPECT_DEATH(write(), "the log cannot be written.*failpoint storage.before_write");
}

TEST(FailpointDeathTest, AFailedReadIsDataLoss) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDir dir;
  const auto read = [&] {
    CHECK_OK(ConfigureFailpoints("storage.read=error"));
    auto node = OpenNode(dir.path());
    CHECK_OK(node.status());
    LogBuilder builder;
    CHECK_OK(WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, "x")}}));
    const auto entries = ReadAndWait(*node->log->log(), LogIndex(1), LogIndex(1), 1);
    _exit(absl::IsDataLoss(entries.status()) ? 0 : 1);
  };
  EXPECT_EXIT(read(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace quorate::storage
