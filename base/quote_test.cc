#include "base/quote.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate {
namespace {

TEST(QuoteTest, PlainTextIsAsItIs) {
  EXPECT_EQ(Printable("host-1:9092"), "host-1:9092");
  EXPECT_EQ(Quote("orders"), "\"orders\"");
}

TEST(QuoteTest, ControlCharactersQuotesAndOtherBytesAreEscaped) {
  EXPECT_EQ(Printable("a\nb\x1b[1m"), "a\\nb\\033[1m");
  EXPECT_EQ(Quote("\"\xff"), "\"\\\"\\377\"");
}

TEST(QuoteTest, LongTextIsCut) {
  EXPECT_EQ(Printable("abcdef", 3), "abc...");
  EXPECT_EQ(Printable("abc", 3), "abc");
  EXPECT_EQ(Quote(std::string(61, 'x')), "\"" + std::string(60, 'x') + "...\" (61 bytes)");
  EXPECT_EQ(Quote(std::string(60, 'x')), "\"" + std::string(60, 'x') + "\"");
}

}  // namespace
}  // namespace quorate
