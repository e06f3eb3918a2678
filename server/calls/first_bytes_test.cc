#include "server/calls/first_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::server {
namespace {

using Kind = FirstBytes::Kind;

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A TLS record of this length whose content begins with `type`.
std::string Record(size_t length, char type = 1) {
  std::string record = {22, 3, 1, static_cast<char>(length >> 8), static_cast<char>(length & 0xff)};
  record += type;
  record.resize(5 + length);
  return record;
}

// Judges the bytes when all of them have arrived.
FirstBytes Judge(const std::string& bytes) {
  return JudgeFirstBytes(std::string_view(bytes).substr(0, kFirstBytes), bytes.size());
}

TEST(FirstBytesTest, TheGreetingsOfTlsAndHttp2AreKnown) {
  EXPECT_EQ(Judge(kPreface).kind, Kind::kKnown);
  EXPECT_EQ(Judge(kPreface + "more").kind, Kind::kKnown);
  EXPECT_EQ(Judge(Record(200)).kind, Kind::kKnown);
  EXPECT_EQ(Judge(Record(1 << 14)).kind, Kind::kKnown);
}

TEST(FirstBytesTest, APartOfAGreetingIsAwaited) {
  EXPECT_EQ(Judge("").kind, Kind::kIncomplete);
  for (size_t size = 1; size < kPreface.size(); ++size) {
    const FirstBytes first = Judge(kPreface.substr(0, size));
    EXPECT_EQ(first.kind, Kind::kIncomplete) << size;
    EXPECT_EQ(first.wanted, kPreface.size());
  }
  const std::string record = Record(200);
  for (size_t size = 1; size < record.size(); ++size) {
    const FirstBytes first = Judge(record.substr(0, size));
    EXPECT_EQ(first.kind, Kind::kIncomplete) << size;
    EXPECT_EQ(first.wanted, size < 6 ? 6 : record.size());
  }
}

TEST(FirstBytesTest, Http1IsRecognized) {
  EXPECT_EQ(Judge("GET / HTTP/1.1\r\n").kind, Kind::kHttp1);
  EXPECT_EQ(Judge("POST /quorate HTTP/1.1\r\n").kind, Kind::kHttp1);
  EXPECT_EQ(Judge("PUT / HTTP/1.1\r\n").kind, Kind::kHttp1);
}

TEST(FirstBytesTest, EverythingElseIsUnknown) {
  for (const std::string& bytes :
       {std::string("hello"), std::string(24, '\0'), std::string("PRI * HTTP/1"),
        std::string("\x16\x02\x01", 3), Record(0), Record((1 << 14) + 1), Record(200, 2)}) {
    EXPECT_EQ(Judge(bytes).kind, Kind::kUnknown) << bytes;
  }
}

}  // namespace
}  // namespace quorate::server
