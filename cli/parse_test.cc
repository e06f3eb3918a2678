#include "cli/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace quorate::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

template <typename T>
std::string ErrorOf(const absl::StatusOr<T>& result) {
  return std::string(result.status().message());
}

TEST(ParseTest, Timeouts) {
  EXPECT_EQ(*ParseTimeout("10s"), milliseconds(10'000));
  EXPECT_EQ(*ParseTimeout("500ms"), milliseconds(500));
  EXPECT_EQ(*ParseTimeout("2m"), milliseconds(120'000));
  EXPECT_EQ(*ParseTimeout("1m30s"), milliseconds(90'000));
  EXPECT_EQ(*ParseTimeout("1.5s"), milliseconds(1500));
  for (const char* text : {"", "10", "s", "10 parsecs"}) {
    EXPECT_THAT(ErrorOf(ParseTimeout(text)), HasSubstr("such as 10s, 500ms or 2m")) << text;
  }
  for (const char* text : {"0s", "-1s", "1us", "25h", "inf"}) {
    EXPECT_THAT(ErrorOf(ParseTimeout(text)), HasSubstr("is not between 1ms and 24h")) << text;
  }
}

TEST(ParseTest, PastTimes) {
  constexpr int64_t kNowMs = 1'764'500'000'000;  // 2025-11-30 10:53:20 UTC
  EXPECT_EQ(*ParsePastTime("15m", kNowMs), kNowMs - 900'000);
  EXPECT_EQ(*ParsePastTime("36h", kNowMs), kNowMs - 129'600'000);
  EXPECT_EQ(*ParsePastTime("0", kNowMs), kNowMs);
  EXPECT_EQ(*ParsePastTime("2025-11-30", kNowMs), 1'764'460'800'000);
  for (const char* text : {"2025-11-30 10:22:01", "2025-11-30 10:22:01 UTC", "2025-11-30T10:22:01Z",
                           "2025-11-30T10:22:01.000Z"}) {
    EXPECT_EQ(*ParsePastTime(text, kNowMs), 1'764'498'121'000) << text;
  }
  EXPECT_EQ(*ParsePastTime("2025-11-30T10:22:01.25Z", kNowMs), 1'764'498'121'250);
  for (const char* text : {"", "yesterday", "2025-11-31", "10:22", "2025-11-30T10:22:01+01:00"}) {
    EXPECT_THAT(ErrorOf(ParsePastTime(text, kNowMs)), HasSubstr("is not a time: use a UTC time"))
        << text;
  }
  for (const char* text : {"-1s", "inf", "-inf", "2025-11-30 10:53:21", "1969-12-31", "9999999h"}) {
    EXPECT_THAT(ErrorOf(ParsePastTime(text, kNowMs)), HasSubstr("is not a time in the past"))
        << text;
  }
}

TEST(ParseTest, Endpoints) {
  const auto endpoints = ParseEndpoints("127.0.0.1:9091, controller-2:9092,[::1]:9093");
  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  ASSERT_EQ(endpoints->size(), 3u);
  EXPECT_EQ((*endpoints)[1].ToString(), "controller-2:9092");
  EXPECT_EQ((*endpoints)[2].ToString(), "[::1]:9093");
  EXPECT_THAT(ErrorOf(ParseEndpoints("")), HasSubstr("empty endpoint"));
  EXPECT_THAT(ErrorOf(ParseEndpoints("a:1,,b:2")), HasSubstr("empty endpoint"));
  EXPECT_THAT(ErrorOf(ParseEndpoints("a:1,b")), HasSubstr("'b' has no port"));
  EXPECT_THAT(ErrorOf(ParseEndpoints("a:1,a:0")), HasSubstr("'a:0' has port 0"));
  EXPECT_THAT(ErrorOf(ParseEndpoints("a:1,b:2,a:1")), HasSubstr("names a:1 twice"));
}

TEST(ParseTest, RequestIds) {
  const std::string text = "MkU3OEVBNTcwNTJENDM2Qg:12";
  const auto id = ParseRequestId(text);
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->client_uuid().size(), 16u);
  EXPECT_EQ(id->sequence(), 12);
  EXPECT_EQ(RequestIdText(*id), text);
  for (const char* bad : {"", ":1", "MkU3OEVBNTcwNTJENDM2Qg", "MkU3OEVBNTcwNTJENDM2Qg:0",
                          "MkU3OEVBNTcwNTJENDM2Qg:-1", "MkU3OEVBNTcwNTJENDM2Qg:x", "short:1"}) {
    EXPECT_THAT(ErrorOf(ParseRequestId(bad)), HasSubstr("is not UUID:SEQUENCE")) << bad;
  }
}

TEST(ParseTest, Assignments) {
  const auto assignments = ParseAssignments("1:2,2:3,0");
  ASSERT_TRUE(assignments.ok()) << assignments.status();
  ASSERT_EQ(assignments->size(), 3u);
  EXPECT_THAT((*assignments)[0].broker_ids(), testing::ElementsAre(1, 2));
  EXPECT_THAT((*assignments)[1].broker_ids(), testing::ElementsAre(2, 3));
  EXPECT_THAT((*assignments)[2].broker_ids(), testing::ElementsAre(0));
  EXPECT_THAT(ErrorOf(ParseAssignments("1:2,")), HasSubstr("has '' where partition 1 needs"));
  EXPECT_THAT(ErrorOf(ParseAssignments("1:x")), HasSubstr("has 'x' where partition 0 needs"));
  EXPECT_THAT(ErrorOf(ParseAssignments("-1")), HasSubstr("has '-1' where partition 0 needs"));
  EXPECT_LT(ErrorOf(ParseAssignments(std::string(5000, '\n'))).size(), 1024u);
}

TEST(ParseTest, TopicPartitions) {
  const auto topic = ParseTopicPartitions("orders:0,13");
  ASSERT_TRUE(topic.ok()) << topic.status();
  EXPECT_EQ(topic->topic().name(), "orders");
  EXPECT_THAT(topic->partitions(), testing::ElementsAre(0, 13));
  EXPECT_EQ(ParseTopicPartitions("orders")->topic().name(), "orders");
  EXPECT_EQ(ParseTopicPartitions("orders")->partitions_size(), 0);
  EXPECT_THAT(ErrorOf(ParseTopicPartitions("")), HasSubstr("'' has no topic name"));
  EXPECT_THAT(ErrorOf(ParseTopicPartitions(":1")), HasSubstr("':1' has no topic name"));
  EXPECT_THAT(ErrorOf(ParseTopicPartitions("a:")), HasSubstr("has '' where a partition number"));
  EXPECT_THAT(ErrorOf(ParseTopicPartitions("a:1,x")), HasSubstr("has 'x' where a partition"));
  EXPECT_THAT(ErrorOf(ParseTopicPartitions("a:-1")), HasSubstr("has '-1' where a partition"));
  EXPECT_THAT(ErrorOf(ParseTopicPartitions("a:1:2")), HasSubstr("has '1:2' where a partition"));
}

TEST(ParseTest, Configs) {
  EXPECT_EQ(ParseConfig("a.b=c=d")->key(), "a.b");
  EXPECT_EQ(ParseConfig("a.b=c=d")->value(), "c=d");
  EXPECT_EQ(ParseConfig("a=")->value(), "");
  EXPECT_THAT(ErrorOf(ParseConfig("a")), HasSubstr("'a' is not KEY=VALUE"));
  EXPECT_THAT(ErrorOf(ParseConfig("=b")), HasSubstr("'=b' is not KEY=VALUE"));
}

TEST(ParseTest, AFeatureLevelIsANameAndANumber) {
  const auto update = ParseFeatureLevel("group.version=1");
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_EQ(update->feature(), "group.version");
  EXPECT_EQ(update->level(), 1u);
  for (const char* text : {"", "group.version", "=1", "group.version=", "group.version=-1",
                           "group.version=4294967296", "group.version=1=1"}) {
    EXPECT_THAT(ErrorOf(ParseFeatureLevel(text)), HasSubstr("is not NAME=LEVEL")) << text;
  }
}

}  // namespace
}  // namespace quorate::cli
