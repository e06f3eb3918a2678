#include "audit/audit_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quorate::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using v1::AuditRecord;

AuditRecord FullRecord() {
  AuditRecord record;
  record.set_time_ms(1'764'000'000'123);
  record.set_controller(2);
  record.set_caller("192.0.2.7:51234");
  record.set_principal("User:ANONYMOUS");
  record.set_method("quorate.admin.v1.AdminService/CreateTopics");
  record.set_resource("topics:3 (orders, payments, x)");
  record.set_outcome("TOPIC_ALREADY_EXISTS");
  record.set_items(3);
  record.set_refused_items(1);
  record.set_end_offset(77);
  record.set_request_id("AAAAAAAAAAAAAAAAAAAAAQ:5");
  record.set_validate_only(true);
  record.set_duration_ms(4);
  record.set_count(1);
  return record;
}

// The format is permanent: readers of later versions must understand these lines.
TEST(AuditLineTest, GoldenLines) {
  EXPECT_EQ(AuditLine(FullRecord()),
            "{\"v\":1,\"time_ms\":1764000000123,\"controller\":2,\"caller\":\"192.0.2.7:51234\","
            "\"principal\":\"User:ANONYMOUS\","
            "\"method\":\"quorate.admin.v1.AdminService/CreateTopics\","
            "\"resource\":\"topics:3 (orders, payments, x)\","
            "\"outcome\":\"TOPIC_ALREADY_EXISTS\",\"items\":3,\"refused_items\":1,"
            "\"end_offset\":77,\"request_id\":\"AAAAAAAAAAAAAAAAAAAAAQ:5\","
            "\"validate_only\":true,\"duration_ms\":4,\"count\":1}\n");
  EXPECT_EQ(AuditLine(AuditRecord()),
            "{\"v\":1,\"time_ms\":0,\"controller\":0,\"caller\":\"\",\"principal\":\"\","
            "\"method\":\"\",\"resource\":\"\",\"outcome\":\"\",\"duration_ms\":0,\"count\":0}\n");
  AuditRecord note;
  note.set_time_ms(5);
  note.set_controller(1);
  note.set_lost(17);
  EXPECT_EQ(AuditLine(note), "{\"v\":1,\"time_ms\":5,\"controller\":1,\"lost\":17}\n");
}

TEST(AuditLineTest, AParsedLineIsTheRecord) {
  std::string line = AuditLine(FullRecord());
  line.pop_back();
  const auto parsed = ParseAuditLine(line);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->SerializeAsString(), FullRecord().SerializeAsString());
}

TEST(AuditLineTest, TextFromOutsideStaysOnItsLine) {
  AuditRecord record = FullRecord();
  record.set_principal("a\nb\"c\\d\x1b[31m\xff\xc3\xa4");
  std::string line = AuditLine(record);
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  line.pop_back();
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  const auto parsed = ParseAuditLine(line);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->principal(), "a\nb\"c\\d\x1b[31m\xef\xbf\xbd\xc3\xa4");
}

TEST(AuditLineTest, KeysOfLaterVersionsAreIgnored) {
  const auto parsed = ParseAuditLine(R"({"v":1,"time_ms":7,"colour":"red","outcome":"OK"})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->time_ms(), 7);
  EXPECT_EQ(parsed->outcome(), "OK");
}

TEST(AuditLineTest, OtherLinesAreNoRecords) {
  std::string whole = AuditLine(FullRecord());
  whole.pop_back();
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ParseAuditLine(whole.substr(0, length))) << length;
  }
  for (const char* line : {"hello", "{\"v\":2,\"time_ms\":1}", "{\"v\":1,\"time_ms\":\"soon\"}",
                           "{\"v\":1,\"time_ms\":1}{", "{\"v\":1,\"outcome\":{}}"}) {
    EXPECT_FALSE(ParseAuditLine(line)) << line;
  }
}

}  // namespace
}  // namespace quorate::audit
