#include "base/json_log_line.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate {
namespace {

// 2026-11-30 01:02:03 UTC.
constexpr std::time_t kTime = 1796000523;

TEST(JsonLogLineTest, SplitsThePrefix) {
  EXPECT_EQ(JsonLogLine(kTime, "W20261130 02:02:03.456789  1234 raft_core.cc:12] elected\n"),
            "{\"time\":\"2026-11-30T01:02:03.456789Z\",\"level\":\"warning\",\"thread\":1234,"
            "\"source\":\"raft_core.cc:12\",\"message\":\"elected\"}\n");
}

TEST(JsonLogLineTest, KeepsEverySeverity) {
  for (const auto& [letter, level] : {std::pair{"I", "info"}, {"E", "error"}, {"F", "fatal"}}) {
    EXPECT_NE(JsonLogLine(kTime, std::string(letter) + "20261130 02:02:03.456789  1 a.cc:1] x\n")
                  .find(std::string("\"level\":\"") + level + "\""),
              std::string::npos);
  }
}

TEST(JsonLogLineTest, EscapesTheMessage) {
  EXPECT_NE(JsonLogLine(kTime, "I20261130 02:02:03.456789 1 a.cc:1] a \"b\" \\ \t\x01\nc] d\n")
                .find(R"("message":"a \"b\" \\ \t\u0001\nc] d"})"),
            std::string::npos);
}

TEST(JsonLogLineTest, KeepsUtf8AndReplacesOtherBytes) {
  EXPECT_EQ(JsonLogLine(kTime, "é € 😀 \xff \xc3 \xed\xa0\x80 \xf0\x80\x80\x80"),
            "{\"time\":\"2026-11-30T01:02:03.000000Z\",\"level\":\"info\",\"message\":"
            "\"é € 😀 \\ufffd \\ufffd \\ufffd\\ufffd\\ufffd \\ufffd\\ufffd\\ufffd\\ufffd\"}\n");
}

TEST(JsonLogLineTest, ALineWithoutPrefixIsTheMessage) {
  for (const std::string line :
       {"", "x", "*** 3 lines] dropped", "I2026 ] x", "I20261130 02:02:03.456789] x",
        "I20261130 02:02:03.456789 y] x", "I20261130 02:02:03.45x789  1 a.cc:1] x"}) {
    EXPECT_NE(JsonLogLine(kTime, line + "\n").find("\"message\":\"" + line + "\"}\n"),
              std::string::npos)
        << JsonLogLine(kTime, line);
  }
}

}  // namespace
}  // namespace quorate
