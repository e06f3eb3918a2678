#include "cli/logged_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "quorate/metadata/v1/records.pb.h"

namespace quorate::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

LoggedEntry Entry() {
  return {.index = 7,
          .base_offset = 40,
          .record_count = 3,
          .epoch = 2,
          .append_time_ms = 1709202121000,
          .principal = "maria",
          .cause = "create topic orders",
          .request_id = "MkU3OEVBNTcwNTJENDM2Qg:5",
          .records = {"one", "two"}};
}

TEST(LoggedEntryTest, IsALineAndItsRecords) {
  EXPECT_EQ(
      EntryText(Entry()),
      "index 7  offset 40-42  epoch 2  2024-02-29 10:22:01 UTC  create topic orders  by maria  "
      "request MkU3OEVBNTcwNTJENDM2Qg:5\n"
      "    one\n"
      "    two\n");
  EXPECT_EQ(EntryText({.base_offset = 1, .epoch = 1, .append_time_ms = 1709202121000}),
            "offset 1  epoch 1  2024-02-29 10:22:01 UTC  barrier of a new leader\n");
}

TEST(LoggedEntryTest, HasAllKeysInJsonOnOneLine) {
  EXPECT_EQ(EntryJsonLine(Entry()),
            R"({"index":7,"base_offset":40,"record_count":3,"epoch":2,)"
            R"("append_time_ms":1709202121000,"principal":"maria","cause":"create topic orders",)"
            R"("request_id":"MkU3OEVBNTcwNTJENDM2Qg:5","records":["one","two"]})"
            "\n");
  EXPECT_THAT(EntryJsonLine({}), HasSubstr(R"("index":null,)"));
  EXPECT_THAT(EntryJsonLine({}), HasSubstr(R"("request_id":null,"records":[])"));
}

TEST(LoggedEntryTest, DecodesRecordsAndSaysWhatIsNone) {
  metadata::v1::RecordBatch batch;
  batch.add_records()->mutable_metadata_version()->set_level(1);
  EXPECT_THAT(RecordLines(batch.SerializeAsString()), ElementsAre(HasSubstr("MetadataVersion")));
  EXPECT_THAT(RecordLines("\xff\xff"), ElementsAre("2 bytes that are not records of this version"));
}

}  // namespace
}  // namespace quorate::cli
