#include "audit/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/testing/manual_executor.h"
#include "storage/testing/temp_dir.h"

namespace quorate::audit {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using v1::AuditRecord;
using v1::ListAuditRecordsResponse;

AuditRecord RecordOf(const std::string& resource, const std::string& outcome = "OK") {
  AuditRecord record;
  record.set_method("/quorate.admin.v1.AdminService/CreateTopics");
  record.set_resource(resource);
  record.set_outcome(outcome);
  return record;
}

// One line for each record, the oldest first.
std::vector<std::string> Texts(const ListAuditRecordsResponse& page) {
  std::vector<std::string> texts;
  for (const AuditRecord& record : page.records()) {
    std::string text = record.resource();
    if (record.count() > 1) text += " x" + std::to_string(record.count());
    if (record.lost() > 0) text = "lost " + std::to_string(record.lost());
    texts.insert(texts.begin(), text);
  }
  return texts;
}

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() { Restart(); }

  void Restart(size_t max_queued_bytes = size_t{1} << 20, int64_t max_files = 3) {
    executor_.RunReady();
    log_ = std::make_unique<AuditLog>(
        AuditLog::Options{
            .controller = NodeId(2),
            .files = {.directory = directory_, .max_file_bytes = 1'000'000, .max_files = max_files},
            .max_queued_bytes = max_queued_bytes},
        &executor_, &clock_);
  }

  AuditLog::Page List(const v1::ListAuditRecordsRequest& request = {}) {
    std::optional<AuditLog::Page> page;
    log_->List(request, [&page](AuditLog::Page listed) { page = std::move(listed); });
    executor_.RunReady();
    return *std::move(page);
  }

  std::vector<std::string> Listed() {
    const AuditLog::Page page = List();
    CHECK_OK(page.status());
    return Texts(*page);
  }

  // Returns what the files hold, whatever is still queued.
  std::vector<std::string> Written() const {
    std::vector<std::string> lines;
    const auto files = ListAuditFiles(directory_);
    CHECK_OK(files.status());
    for (const AuditFile& file : *files) {
      std::ifstream stream(file.path);
      for (std::string line; std::getline(stream, line);) lines.push_back(line);
    }
    return lines;
  }

  storage::TempDir temp_;
  const std::string directory_ = temp_.path() + "/audit";
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  std::unique_ptr<AuditLog> log_;
};

TEST_F(AuditLogTest, ARecordIsWrittenInTheBackground) {
  log_->Record(RecordOf("topic:a"));
  log_->Record(RecordOf("topic:b"));
  EXPECT_THAT(Written(), IsEmpty()) << "recording does not wait for the disk";
  executor_.AdvanceBy(AuditLog::kWriteDelay);
  EXPECT_THAT(Written(), ElementsAre(HasSubstr("topic:a"), HasSubstr("topic:b")));
  EXPECT_EQ(log_->written().value(), 2U);
  EXPECT_EQ(executor_.next_timer(), kNever) << "nothing runs while there is nothing to write";
}

TEST_F(AuditLogTest, TheFilesAreThereBeforeTheFirstRecord) {
  executor_.RunReady();
  EXPECT_EQ(ListAuditFiles(directory_)->size(), 1U);
}

TEST_F(AuditLogTest, TheLogKnowsTheTimeAndTheController) {
  log_->Record(RecordOf("topic:a"));
  const AuditLog::Page page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->controller(), 2);
  ASSERT_EQ(page->records_size(), 1);
  EXPECT_EQ(page->records(0).controller(), 2);
  EXPECT_EQ(page->records(0).time_ms(), clock_.WallMs());
  EXPECT_EQ(page->records(0).count(), 1);
  EXPECT_EQ(page->records(0).method(), "quorate.admin.v1.AdminService/CreateTopics");
}

TEST_F(AuditLogTest, AListIncludesWhatWasRecordedBefore) {
  log_->Record(RecordOf("topic:a"));
  EXPECT_THAT(Listed(), ElementsAre("topic:a"));
}

TEST_F(AuditLogTest, RecordsOutliveARestart) {
  log_->Record(RecordOf("topic:a"));
  executor_.AdvanceBy(AuditLog::kWriteDelay);
  Restart();
  log_->Record(RecordOf("topic:b"));
  EXPECT_THAT(Listed(), ElementsAre("topic:a", "topic:b"));
}

TEST_F(AuditLogTest, RefusedRequestsAreSummedAfterASecond) {
  for (int i = 0; i < 30; ++i) log_->Record(RecordOf("topic:a", "TOPIC_ALREADY_EXISTS"));
  executor_.AdvanceBy(AuditLog::kWriteDelay);
  EXPECT_EQ(Written().size(), 10U);
  executor_.AdvanceBy(std::chrono::seconds(1));
  ASSERT_EQ(Written().size(), 11U);
  EXPECT_EQ(Listed().back(), "topic:a x20");
  EXPECT_EQ(executor_.next_timer(), kNever);
}

TEST_F(AuditLogTest, FlushWritesSumsAtOnce) {
  for (int i = 0; i < 30; ++i) log_->Record(RecordOf("topic:a", "TOPIC_ALREADY_EXISTS"));
  bool flushed = false;
  log_->Flush([&flushed] { flushed = true; });
  executor_.RunReady();
  EXPECT_TRUE(flushed);
  EXPECT_EQ(Written().size(), 11U);
}

TEST_F(AuditLogTest, AFullQueueLosesRecordsAndSaysHowMany) {
  Restart(/*max_queued_bytes=*/2'000);
  int kept = 0;
  for (int i = 0; i < 100; ++i) log_->Record(RecordOf("topic:" + std::to_string(i)));
  for (const std::string& text : Listed()) kept += text.starts_with("topic:") ? 1 : 0;
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 100);
  EXPECT_EQ(Listed().back(), "lost " + std::to_string(100 - kept));
  EXPECT_EQ(log_->dropped().value(), static_cast<uint64_t>(100 - kept));
  log_->Record(RecordOf("topic:later"));
  EXPECT_EQ(Listed().back(), "topic:later") << "there is room again";
}

TEST_F(AuditLogTest, ABrokenDiskLosesRecordsUntilItWorksAgain) {
  std::ofstream(directory_) << "a file in place of the directory";
  for (int i = 0; i < 3; ++i) log_->Record(RecordOf("topic:lost"));
  executor_.AdvanceBy(AuditLog::kWriteDelay);
  log_->Record(RecordOf("topic:lost"));
  executor_.AdvanceBy(10 * AuditLog::kRetryDelay);
  EXPECT_EQ(log_->dropped().value(), 4U);
  EXPECT_EQ(log_->written().value(), 0U);
  fs::remove(directory_);
  executor_.AdvanceBy(AuditLog::kRetryDelay);
  EXPECT_THAT(Written(), ElementsAre(HasSubstr("\"lost\":4")));
  log_->Record(RecordOf("topic:kept"));
  EXPECT_THAT(Listed(), ElementsAre("lost 4", "topic:kept"));
  EXPECT_EQ(log_->dropped().value(), 4U);
  EXPECT_EQ(log_->written().value(), 1U);
}

TEST_F(AuditLogTest, LongTextIsCut) {
  log_->Record(RecordOf(std::string(1'000'000, 'x')));
  EXPECT_THAT(Listed(), ElementsAre(std::string(AuditLog::kMaxTextBytes, 'x') + "..."));
}

TEST_F(AuditLogTest, ALogThatIsOffRecordsNothing) {
  Restart(/*max_queued_bytes=*/1'000'000, /*max_files=*/0);
  fs::remove_all(directory_);
  log_->Record(RecordOf("topic:a"));
  executor_.AdvanceBy(std::chrono::seconds(5));
  EXPECT_FALSE(fs::exists(directory_));
  EXPECT_EQ(List().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(List().status().message()), HasSubstr("--audit-files"));
}

TEST_F(AuditLogTest, ManyThreadsRecord) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 500;
  EventLoop loop("test", 1'000);
  const SystemClock clock;
  AuditLog log({.controller = NodeId(1),
                .files = {.directory = directory_, .max_file_bytes = 10'000'000, .max_files = 2}},
               &loop, &clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&log] {
      for (int k = 0; k < kRecords; ++k) log.Record(RecordOf("topic:a"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  log.Flush([] {});
  loop.Stop();
  EXPECT_EQ(Written().size(), static_cast<size_t>(kThreads * kRecords));
}

}  // namespace
}  // namespace quorate::audit
