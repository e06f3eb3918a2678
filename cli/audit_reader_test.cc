#include "cli/audit_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace quorate::cli {
namespace {

using audit::v1::AuditRecord;
using audit::v1::ListAuditRecordsRequest;
using audit::v1::ListAuditRecordsResponse;
using common::v1::Error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

AuditRecord RecordAt(int64_t time_ms) {
  AuditRecord record;
  record.set_time_ms(time_ms);
  return record;
}

std::vector<int64_t> Times(const std::vector<AuditRecord>& records) {
  std::vector<int64_t> times;
  for (const AuditRecord& record : records) times.push_back(record.time_ms());
  return times;
}

// A log of the records 1 to `count`, each at the position of its number, with `per_page` records on
// a page.
AuditPages LogOf(int count, int per_page) {
  return
      [=](const ListAuditRecordsRequest& request) -> std::variant<ListAuditRecordsResponse, Error> {
        ListAuditRecordsResponse page;
        page.set_controller(7);
        if (request.before() == 0) page.set_end(count + 1);
        int64_t next = request.before() == 0 ? count + 1 : request.before();
        const int limit = std::min(per_page, request.max_records());
        while (page.records_size() < limit && next - 1 > 0 && next - 1 >= request.after()) {
          *page.add_records() = RecordAt(--next);
        }
        if (next > 1 && next > request.after()) page.set_next_before(next);
        page.set_unreadable_lines(1);
        return page;
      };
}

TEST(ReadAuditTest, ReadsPagesUpToTheLimit) {
  const AuditPart all = ReadAudit(LogOf(10, 3), {}, 100);
  EXPECT_THAT(Times(all.records), ElementsAre(10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
  EXPECT_EQ(all.end, 11);
  EXPECT_EQ(all.controller, 7);
  EXPECT_EQ(all.unreadable_lines, 4);
  EXPECT_FALSE(all.error);
  EXPECT_THAT(Times(ReadAudit(LogOf(10, 3), {}, 4).records), ElementsAre(10, 9, 8, 7));
}

TEST(ReadAuditTest, ContinuesAfterAPosition) {
  ListAuditRecordsRequest request;
  request.set_after(8);
  EXPECT_THAT(Times(ReadAudit(LogOf(10, 2), request, 100).records), ElementsAre(10, 9, 8));
  request.set_after(11);
  const AuditPart none = ReadAudit(LogOf(10, 2), request, 100);
  EXPECT_THAT(none.records, IsEmpty());
  EXPECT_EQ(none.end, 11);
}

TEST(ReadAuditTest, AnErrorKeepsTheRecordsBefore) {
  int calls = 0;
  const AuditPages log = LogOf(10, 3);
  const AuditPart part = ReadAudit(
      [&](const ListAuditRecordsRequest& request) -> std::variant<ListAuditRecordsResponse, Error> {
        if (++calls < 3) return log(request);
        Error error;
        error.set_message("gone");
        return error;
      },
      {}, 100);
  EXPECT_THAT(Times(part.records), ElementsAre(10, 9, 8, 7, 6, 5));
  ASSERT_TRUE(part.error);
  EXPECT_EQ(part.error->message(), "gone");
}

TEST(ReadAuditTest, APositionThatDoesNotGoBackEndsTheSearch) {
  int calls = 0;
  ReadAudit(
      [&](const ListAuditRecordsRequest&) -> std::variant<ListAuditRecordsResponse, Error> {
        ++calls;
        ListAuditRecordsResponse page;
        page.set_next_before(5);
        return page;
      },
      {}, 100);
  EXPECT_EQ(calls, 2);
}

TEST(MergeAuditsTest, TheNewestRecordsOfAllLogsByTime) {
  std::vector<AuditPart> parts(3);
  parts[0].records = {RecordAt(9), RecordAt(4), RecordAt(1)};
  parts[2].records = {RecordAt(8), RecordAt(5)};
  EXPECT_THAT(Times(MergeAudits(parts, 100)), ElementsAre(1, 4, 5, 8, 9));
  EXPECT_THAT(Times(MergeAudits(parts, 2)), ElementsAre(8, 9));
}

}  // namespace
}  // namespace quorate::cli
