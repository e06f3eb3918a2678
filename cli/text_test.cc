#include "cli/text.h"

#include <gtest/gtest.h>

#include "cli/json.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_view_service.pb.h"

namespace quorate::cli {
namespace {

TEST(TableTest, PadsToTheWidestCellAndTrimsTheEnd) {
  Table table({{.title = "ID", .right_aligned = true}, {.title = "NAME"}, {.title = "RACK"}});
  table.AddRow({"1", "a-long-name", "r1"});
  table.AddRow({"100", "b", ""});
  EXPECT_EQ(table.ToString(),
            " ID  NAME         RACK\n"
            "  1  a-long-name  r1\n"
            "100  b\n");
}

TEST(TableTest, WithoutRowsThereIsTheHeader) {
  EXPECT_EQ(Table({{.title = "TOPIC"}, {.title = "ID"}}).ToString(), "TOPIC  ID\n");
}

TEST(TableTest, WithoutTitlesThereIsNoHeader) {
  Table table(std::vector<Table::Column>(2));
  table.AddRow({"Cluster", "x"});
  EXPECT_EQ(table.ToString(/*indent=*/2), "  Cluster  x\n");
}

TEST(TableTest, CountsCharactersNotBytes) {
  Table table({{.title = "RACK"}, {.title = "ID"}});
  table.AddRow({"Z\xc3\xbcrich", "1"});
  table.AddRow({"Berlin", "2"});
  EXPECT_EQ(table.ToString(),
            "RACK    ID\n"
            "Z\xc3\xbcrich  1\n"
            "Berlin  2\n");
}

TEST(TextTest, Durations) {
  EXPECT_EQ(DurationText(0), "0 ms");
  EXPECT_EQ(DurationText(999), "999 ms");
  EXPECT_EQ(DurationText(3249), "3.2 s");
  EXPECT_EQ(DurationText(59'999), "59.9 s");
  EXPECT_EQ(DurationText(60'000), "1 min 0 s");
  EXPECT_EQ(DurationText(250'000), "4 min 10 s");
  EXPECT_EQ(DurationText(3'600'000), "1 h 0 min");
  EXPECT_EQ(DurationText(443'000'000), "5 d 3 h");
}

TEST(TextTest, AgesAndCounts) {
  EXPECT_EQ(AgeText(3200), "3.2 s ago");
  EXPECT_EQ(AgeText(-1), "?");
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(-1), "?");
  EXPECT_EQ(TimeText(1'709'202'121'999), "2024-02-29 10:22:01 UTC");
  EXPECT_EQ(Plural(1, "topic"), "1 topic");
  EXPECT_EQ(Plural(0, "topic"), "0 topics");
}

TEST(TextTest, TextOfOthersIsPrintable) {
  EXPECT_EQ(TerminalText("User:ANONYMOUS \"x\" \\"), "User:ANONYMOUS \"x\" \\");
  EXPECT_EQ(TerminalText("a\x1b[2J\n\x7f"), "a\\033[2J\\n\\177");
  EXPECT_EQ(TerminalText("\xc2\x9b"), "\\302\\233");
}

TEST(JsonTest, EveryFieldIsThereUnderItsName) {
  admin::v1::CreateTopicsResponse response;
  response.set_end_offset(int64_t{1} << 53);
  auto* result = response.add_results();
  result->set_name("orders");
  result->mutable_error()->set_code(common::v1::TOPIC_ALREADY_EXISTS);
  result->mutable_error()->set_outcome(common::v1::REFUSED);
  EXPECT_EQ(JsonText(ToJson(response)), R"({
  "results": [
    {
      "name": "orders",
      "topic_id": "",
      "error": {
        "code": "TOPIC_ALREADY_EXISTS",
        "message": "",
        "outcome": "REFUSED",
        "retry_after_ms": 0,
        "leader": null
      }
    }
  ],
  "end_offset": 9007199254740992
}
)");
}

TEST(JsonTest, AListThatIsPrintedItemByItemLooksTheSame) {
  for (const int items : {0, 1, 3}) {
    admin::v1::CreateTopicsResponse response;
    response.set_end_offset(7);
    for (int i = 0; i < items; ++i) {
      response.add_results()->set_name("two\nlines");
      response.mutable_results(i)->mutable_error()->set_code(common::v1::TOPIC_ALREADY_EXISTS);
    }
    std::ostringstream out;
    JsonListPrinter printer(&out, "results");
    for (const auto& result : response.results()) printer.Add(ToJson(result));
    printer.Finish({{"end_offset", 7}});
    EXPECT_EQ(out.str(), JsonText(ToJson(response)));
  }
}

TEST(JsonTest, AnUnsetOptionalFieldIsNull) {
  admin::v1::PartitionDescription partition;
  EXPECT_EQ(ToJson(partition)["last_known_leader_id"], nullptr);
  EXPECT_EQ(ToJson(partition)["leader_id"], 0);
  partition.set_last_known_leader_id(0);
  EXPECT_EQ(ToJson(partition)["last_known_leader_id"], 0);
}

TEST(JsonTest, IdsAreReadable) {
  broker::v1::DescribeBrokerResponse broker;
  broker.set_incarnation_id(std::string(16, '\0'));
  broker.set_state(broker::v1::DescribeBrokerResponse::RUNNING);
  const Json json = ToJson(broker);
  EXPECT_EQ(json["incarnation_id"], "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(json["state"], "RUNNING");
  broker.set_incarnation_id("\x01\xff");
  EXPECT_EQ(ToJson(broker)["incarnation_id"], "01ff");
}

}  // namespace
}  // namespace quorate::cli
