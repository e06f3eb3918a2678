#include "audit/audit_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "audit/audit_files.h"
#include "audit/audit_line.h"
#include "base/check.h"
#include "storage/testing/temp_dir.h"

namespace quorate::audit {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::AuditRecord;
using v1::ListAuditRecordsRequest;
using v1::ListAuditRecordsResponse;

AuditRecord RecordAt(int64_t time_ms, const std::string& resource) {
  AuditRecord record;
  record.set_time_ms(time_ms);
  record.set_principal("User:ANONYMOUS");
  record.set_method("quorate.admin.v1.AdminService/CreateTopics");
  record.set_resource(resource);
  record.set_outcome("OK");
  record.set_count(1);
  return record;
}

class AuditPagesTest : public ::testing::Test {
 protected:
  // Writes records with the times 1 to `count`, each naming its time as the topic.
  void Write(int count, int64_t max_file_bytes, size_t resource_bytes = 1) {
    AuditFileWriter writer(
        {.directory = temp_.path(), .max_file_bytes = max_file_bytes, .max_files = 100});
    for (int i = 1; i <= count; ++i) {
      std::string topic = "topic:" + std::to_string(i);
      topic.resize(std::max(topic.size(), resource_bytes), ' ');
      CHECK_OK(writer.Append(AuditLine(RecordAt(i, topic))));
    }
  }

  ListAuditRecordsResponse Page(const ListAuditRecordsRequest& request = {}) const {
    auto page = ReadAuditPage(temp_.path(), request);
    CHECK_OK(page.status());
    return *std::move(page);
  }

  // Returns the times of all records, as a client collects them page by page.
  std::vector<int64_t> AllTimes(ListAuditRecordsRequest request = {}) {
    std::vector<int64_t> times;
    pages_ = 0;
    do {
      const ListAuditRecordsResponse page = Page(request);
      for (const AuditRecord& record : page.records()) times.push_back(record.time_ms());
      CHECK(request.before() == 0 || page.next_before() < request.before());
      request.set_before(page.next_before());
      ++pages_;
    } while (request.before() != 0);
    return times;
  }

  static std::vector<int64_t> Descending(int64_t from, int64_t to) {
    std::vector<int64_t> times;
    for (int64_t time = from; time >= to; --time) times.push_back(time);
    return times;
  }

  fs::path NewestFile() const { return ListAuditFiles(temp_.path())->back().path; }

  storage::TempDir temp_;
  int pages_ = 0;
};

TEST_F(AuditPagesTest, ALogWithoutFilesIsEmpty) {
  EXPECT_THAT(AllTimes(), IsEmpty());
  EXPECT_EQ(ReadAuditPage(temp_.path() + "/missing", {})->records_size(), 0);
}

TEST_F(AuditPagesTest, TheNewestRecordsComeFirst) {
  Write(5, 1'000'000);
  EXPECT_EQ(AllTimes(), Descending(5, 1));
  EXPECT_EQ(pages_, 1);
}

TEST_F(AuditPagesTest, PagesContinueAcrossFiles) {
  Write(50, 1'000);
  EXPECT_GT(ListAuditFiles(temp_.path())->size(), 3U);
  EXPECT_EQ(AllTimes(), Descending(50, 1));
}

TEST_F(AuditPagesTest, APageHasAnUpperLimit) {
  Write(2'000, 100'000'000, 1'000);
  EXPECT_EQ(AllTimes(), Descending(2'000, 1));
  EXPECT_GT(pages_, 2);
}

TEST_F(AuditPagesTest, APageEndsAfterTheRequestedRecords) {
  Write(7, 1'000'000);
  ListAuditRecordsRequest request;
  request.set_max_records(3);
  EXPECT_EQ(Page(request).records_size(), 3);
  EXPECT_EQ(AllTimes(request), Descending(7, 1));
  EXPECT_EQ(pages_, 3);
  request.set_max_records(7);
  EXPECT_EQ(Page(request).next_before(), 0) << "the first record was reached";
}

TEST_F(AuditPagesTest, NewerRecordsFollowAnEarlierEnd) {
  Write(3, 400);
  ListAuditRecordsRequest request;
  request.set_after(Page().end());
  EXPECT_THAT(AllTimes(request), IsEmpty());
  EXPECT_EQ(Page(request).end(), request.after());
  AuditFileWriter writer({.directory = temp_.path(), .max_file_bytes = 400, .max_files = 100});
  for (int time = 4; time <= 9; ++time) CHECK_OK(writer.Append(AuditLine(RecordAt(time, "x"))));
  EXPECT_EQ(AllTimes(request), Descending(9, 4));
}

TEST_F(AuditPagesTest, AShorterLogShowsItsEnd) {
  Write(3, 1'000'000);
  ListAuditRecordsRequest request;
  request.set_after(Page().end() + 1'000);
  EXPECT_EQ(Page(request).end(), Page().end());
  EXPECT_EQ(Page(request).records_size(), 0);
  EXPECT_EQ(Page(request).next_before(), 0);
}

TEST_F(AuditPagesTest, ALineThatIsNotCompleteYetDoesNotCount) {
  Write(2, 1'000'000);
  const int64_t end = Page().end();
  const std::string line = AuditLine(RecordAt(3, "x"));
  std::ofstream(NewestFile(), std::ios::app) << line.substr(0, 20);
  EXPECT_EQ(AllTimes(), Descending(2, 1));
  EXPECT_EQ(Page().end(), end);
  EXPECT_EQ(Page().unreadable_lines(), 0);
  std::ofstream(NewestFile(), std::ios::app) << line.substr(20);
  ListAuditRecordsRequest request;
  request.set_after(end);
  EXPECT_THAT(AllTimes(request), ElementsAre(3));
}

TEST_F(AuditPagesTest, DamagedLinesAreCountedAndSkipped) {
  Write(2, 1'000'000);
  std::ofstream(NewestFile(), std::ios::app) << "garbage\n\n"
                                             << std::string(100, '\0') << "\n"
                                             << AuditLine(RecordAt(3, "x"));
  EXPECT_EQ(AllTimes(), Descending(3, 1));
  EXPECT_EQ(Page().unreadable_lines(), 3);
}

TEST_F(AuditPagesTest, AnEndlessLineIsSkipped) {
  Write(2, 100'000'000);
  std::ofstream(NewestFile(), std::ios::app) << std::string(3 * kPageBytes, 'x') << "\n"
                                             << AuditLine(RecordAt(3, "x"));
  EXPECT_EQ(AllTimes(), Descending(3, 1));
}

TEST_F(AuditPagesTest, TheSearchEndsAtRecordsThatAreTooOld) {
  Write(2'000, 100'000'000, 1'000);
  ListAuditRecordsRequest request;
  request.set_since_ms(1'990);
  EXPECT_EQ(AllTimes(request), Descending(2'000, 1'990));
  EXPECT_LE(pages_, 2);
}

TEST_F(AuditPagesTest, NegativeNumbersAreRefused) {
  ListAuditRecordsRequest before;
  before.set_before(-1);
  ListAuditRecordsRequest after;
  after.set_after(-1);
  ListAuditRecordsRequest count;
  count.set_max_records(-1);
  for (const auto& request : {before, after, count}) {
    EXPECT_EQ(ReadAuditPage(temp_.path(), request).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(AuditConditionsTest, ARecordMustMeetEachCondition) {
  AuditRecord record = RecordAt(10, "topics:2 (orders, payments)");
  const auto matches = [&record](auto set) {
    ListAuditRecordsRequest request;
    set(request);
    return Matches(request, record);
  };
  EXPECT_TRUE(matches([](auto&) {}));
  EXPECT_TRUE(matches([](auto& r) { r.set_since_ms(10); }));
  EXPECT_FALSE(matches([](auto& r) { r.set_since_ms(11); }));
  EXPECT_TRUE(matches([](auto& r) { r.set_principal("User:ANONYMOUS"); }));
  EXPECT_FALSE(matches([](auto& r) { r.set_principal("User:A"); }));
  EXPECT_TRUE(matches([](auto& r) { r.set_method("CreateTopics"); }));
  EXPECT_TRUE(matches([](auto& r) { r.set_method("quorate.admin.v1.AdminService/CreateTopics"); }));
  EXPECT_FALSE(matches([](auto& r) { r.set_method("Topics"); }));
  EXPECT_TRUE(matches([](auto& r) { r.set_resource("payments"); }));
  EXPECT_FALSE(matches([](auto& r) { r.set_resource("customers"); }));
  EXPECT_FALSE(matches([](auto& r) { r.set_refused(true); }));
  record.set_outcome("UNKNOWN");
  EXPECT_TRUE(matches([](auto& r) { r.set_refused(true); }));
}

TEST(AuditConditionsTest, LostRecordsMayHaveMetEveryCondition) {
  AuditRecord note;
  note.set_time_ms(10);
  note.set_lost(3);
  ListAuditRecordsRequest request;
  request.set_principal("User:ANONYMOUS");
  request.set_resource("orders");
  request.set_refused(true);
  EXPECT_TRUE(Matches(request, note));
  request.set_since_ms(11);
  EXPECT_FALSE(Matches(request, note));
}

}  // namespace
}  // namespace quorate::audit
