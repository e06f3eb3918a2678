// The log as a process has it: with threads, RocksDB, data directory and watermark.
#include "storage/controller_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/failpoint.h"
#include "storage/file_io.h"
#include "storage/testing/await.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/node.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

constexpr size_t kNoLimit = 64 << 20;

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
  std::vector<int> order;  // only the writer appends to it
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

// Reads that overlap truncations see one history or the other, and never damaged entries.
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
  const LossWatermarkFile watermark(dir.path() + "/watermark");
  LogBuilder builder;
  {
    auto node = OpenNode(dir.path(), {.housekeeping_interval = std::chrono::milliseconds(1)});
    ASSERT_TRUE(node.ok()) << node.status();
    ASSERT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder.Make(1, "x")}}).ok());
    while (!watermark.Load()->has_value()) std::this_thread::yield();
    EXPECT_EQ((*watermark.Load())->last_index, LogIndex(1));
  }
  {
    // The interval is longer than the test, so only closing saves the watermark.
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

// A process that repeatedly dies by kill -9 at a failpoint.
using ControllerLogDeathTest = ::testing::TestWithParam<const char*>;

INSTANTIATE_TEST_SUITE_P(Failpoints, ControllerLogDeathTest,
                         ::testing::Values("storage.before_write=abort@20",
                                           "storage.after_write=abort@20"));

TEST_P(ControllerLogDeathTest, WhatWasAcknowledgedSurvivesKill9) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // The child runs this test again; both must have the same directory.
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
  // The write that was in flight may be there, if it was synced before the process died.
  const bool synced = std::string_view(GetParam()).starts_with("storage.after_write");
  EXPECT_EQ(payloads->size(), synced ? 20u : 19u);
}

// Failpoints apply to the whole program, so each of these tests runs in a child process.
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
