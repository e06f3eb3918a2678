#include "cli/audit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace quorate::cli {
namespace {

using audit::v1::AuditRecord;
using ::testing::HasSubstr;

AuditRecord Deletion() {
  AuditRecord record;
  record.set_time_ms(1'709'202'121'000);
  record.set_controller(2);
  record.set_caller("192.0.2.7:51234");
  record.set_principal("User:ANONYMOUS");
  record.set_method("quorate.admin.v1.AdminService/DeleteTopics");
  record.set_resource("topic:orders");
  record.set_outcome("OK");
  record.set_end_offset(77);
  record.set_count(1);
  return record;
}

bool IsPlain(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); });
}

TEST(AuditTextTest, ALineForEachRecord) {
  AuditRecord refused = Deletion();
  refused.set_outcome("UNKNOWN_TOPIC_OR_PARTITION");
  refused.set_items(3);
  refused.set_refused_items(2);
  AuditRecord summed = Deletion();
  summed.set_resource("");
  summed.set_outcome("RESOURCE_EXHAUSTED");
  summed.set_end_offset(0);
  summed.set_count(4'000);
  AuditRecord dry_run = Deletion();
  dry_run.set_validate_only(true);
  AuditRecord lost;
  lost.set_time_ms(1'709'202'121'000);
  lost.set_controller(2);
  lost.set_lost(17);
  EXPECT_EQ(
      AuditText({Deletion(), refused, summed, dry_run, lost}, /*titled=*/true),
      "TIME                     CONTROLLER  PRINCIPAL       CALLER           METHOD        RESOURCE"
      "         OUTCOME                              END OFFSET\n"
      "2024-02-29 10:22:01 UTC           2  User:ANONYMOUS  192.0.2.7:51234  DeleteTopics  "
      "topic:orders     OK                                           77\n"
      "2024-02-29 10:22:01 UTC           2  User:ANONYMOUS  192.0.2.7:51234  DeleteTopics  "
      "topic:orders     UNKNOWN_TOPIC_OR_PARTITION (2 of 3)          77\n"
      "2024-02-29 10:22:01 UTC           2  User:ANONYMOUS  192.0.2.7:51234  DeleteTopics  -"
      "                RESOURCE_EXHAUSTED, 4000 calls                -\n"
      "2024-02-29 10:22:01 UTC           2  User:ANONYMOUS  192.0.2.7:51234  DeleteTopics  "
      "topic:orders     OK, dry run                                  77\n"
      "2024-02-29 10:22:01 UTC           2  -               -                -             17 "
      "records lost  -                                             -\n");
}

TEST(AuditTextTest, OnlyTheFirstTableHasTitles) {
  EXPECT_EQ(AuditText({Deletion()}, /*titled=*/false),
            "2024-02-29 10:22:01 UTC  2  User:ANONYMOUS  192.0.2.7:51234  DeleteTopics  "
            "topic:orders  OK  77\n");
  EXPECT_EQ(AuditText({}, /*titled=*/false), "");
}

TEST(AuditTextTest, ControlCharactersNeverReachTheTerminal) {
  AuditRecord record = Deletion();
  for (std::string* text :
       {record.mutable_caller(), record.mutable_principal(), record.mutable_method(),
        record.mutable_resource(), record.mutable_outcome()}) {
    *text = "a\x1b[2J\r\n\x7f\xc2\x9b\xe2\x80\xae";
  }
  EXPECT_TRUE(IsPlain(AuditText({record}, /*titled=*/true)));
  const std::string line = AuditJsonLine(record);
  EXPECT_TRUE(IsPlain(line)) << line;
  EXPECT_THAT(line, HasSubstr("a\\u001b[2J"));
  EXPECT_TRUE(IsPlain(AsciiJsonText(ToJson(record))));
}

TEST(AuditTextTest, AJsonLineHasEveryField) {
  EXPECT_EQ(AuditJsonLine(Deletion()),
            "{\"time_ms\":1709202121000,\"controller\":2,\"caller\":\"192.0.2.7:51234\","
            "\"principal\":\"User:ANONYMOUS\","
            "\"method\":\"quorate.admin.v1.AdminService/DeleteTopics\","
            "\"resource\":\"topic:orders\",\"outcome\":\"OK\",\"items\":0,\"refused_items\":0,"
            "\"end_offset\":77,\"request_id\":\"\",\"validate_only\":false,\"duration_ms\":0,"
            "\"count\":1,\"lost\":0}\n");
}

}  // namespace
}  // namespace quorate::cli
