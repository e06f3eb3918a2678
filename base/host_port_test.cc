#include "base/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quorate {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view text) {
  return std::string(ParseHostPort(text).status().message());
}

TEST(HostPortTest, ParsesNamesAndAddresses) {
  for (const char* text : {"localhost:9192", "controller_1.quorate-net:1", "127.0.0.1:65535",
                           "[::1]:9192", "0.0.0.0:0", "3com.example:80"}) {
    const auto parsed = ParseHostPort(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->ToString(), text);
  }
}

TEST(HostPortTest, RefusesWhatIsNoEndpointAndQuotesIt) {
  EXPECT_THAT(ErrorOf("localhost"), HasSubstr("'localhost' has no port"));
  EXPECT_THAT(ErrorOf(":9192"), HasSubstr("has no host"));
  EXPECT_THAT(ErrorOf("::1:9192"), HasSubstr("[ADDRESS]:PORT"));
  EXPECT_THAT(ErrorOf("[::1]"), HasSubstr("[IPV6]:PORT"));
  EXPECT_THAT(ErrorOf("[nonsense]:1"), HasSubstr("no IPv6 address"));
  for (const char* text : {"a b:1", "256.0.0.1:1", "1.2.3:1", "http://x:1", "-x:1", "*:1"}) {
    EXPECT_FALSE(ParseHostPort(text).ok()) << text;
  }
  for (const char* text : {"x:", "x:65536", "x:-1", "x:+1", "x: 1", "x:http", "x:99999999999"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("no port from 0 to 65535")) << text;
  }
}

TEST(HostPortTest, KnowsWildcards) {
  EXPECT_TRUE(ParseHostPort("0.0.0.0:1")->IsWildcard());
  EXPECT_TRUE(ParseHostPort("[::]:1")->IsWildcard());
  EXPECT_TRUE(ParseHostPort("[0:0::0]:1")->IsWildcard());
  EXPECT_FALSE(ParseHostPort("127.0.0.1:1")->IsWildcard());
  EXPECT_FALSE(ParseHostPort("[::1]:1")->IsWildcard());
}

TEST(HostPortTest, TellsAddressesFromNames) {
  EXPECT_TRUE(ParseHostPort("127.0.0.1:1")->IsAddress());
  EXPECT_TRUE(ParseHostPort("[fe80::1]:1")->IsAddress());
  EXPECT_FALSE(ParseHostPort("cafe.be:1")->IsAddress());
  EXPECT_FALSE(ParseHostPort("localhost:1")->IsAddress());
}

TEST(HostPortTest, AnAdvertisedAddressCanBeDialled) {
  EXPECT_TRUE(ParseAdvertised("broker-1:9094").ok());
  EXPECT_THAT(std::string(ParseAdvertised("0.0.0.0:9094").status().message()),
              HasSubstr("wildcard"));
  EXPECT_THAT(std::string(ParseAdvertised("[::]:9094").status().message()), HasSubstr("wildcard"));
  EXPECT_THAT(std::string(ParseAdvertised("broker-1:0").status().message()), HasSubstr("port 0"));
  EXPECT_FALSE(ParseAdvertised("broker-1").ok());
}

// inet_pton reads a C string, so it sees only what is before a zero byte.
TEST(HostPortTest, AZeroByteDoesNotHideWhatFollowsAnAddress) {
  using std::string_literals::operator""s;
  EXPECT_FALSE(ParseHostPort("[::1\0\n, forged]:80"s).ok());
  EXPECT_FALSE(ParseHostPort("127.0.0.1\0x:80"s).ok());
  EXPECT_FALSE((HostPort{.host = "::1\0x"s, .port = 80}.IsAddress()));
}

TEST(HostPortTest, AnErrorIsShortAndPrintable) {
  EXPECT_THAT(ErrorOf("a\nb"), HasSubstr("'a\\nb' has no port"));
  EXPECT_THAT(ErrorOf("\xff:1"), HasSubstr("'\\377:1' has neither"));
  EXPECT_LT(ErrorOf(std::string(1'000'000, '\n')).size(), 1000u);
}

}  // namespace
}  // namespace quorate
