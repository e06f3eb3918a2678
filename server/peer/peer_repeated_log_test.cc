#include "server/peer/peer_repeated_log.h"

#include <string>

#include "gtest/gtest.h"

namespace quorate::server {
namespace {

TEST(PeerRepeatedLogTest, EachTextIsAllowedOnceAMinute) {
  RepeatedLog log;
  const MonoTime start{std::chrono::hours(1)};
  EXPECT_TRUE(log.Allows("a", start));
  EXPECT_FALSE(log.Allows("a", start + std::chrono::seconds(59)));
  EXPECT_TRUE(log.Allows("b", start + std::chrono::seconds(59)));
  EXPECT_TRUE(log.Allows("a", start + std::chrono::seconds(60)));
  EXPECT_FALSE(log.Allows("a", start + std::chrono::seconds(61)));
}

TEST(PeerRepeatedLogTest, ManyTextsDoNotSilenceNewOnes) {
  RepeatedLog log;
  const MonoTime start{std::chrono::hours(1)};
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(log.Allows(std::to_string(i), start));
}

}  // namespace
}  // namespace quorate::server
