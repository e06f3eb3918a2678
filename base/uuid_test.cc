#include "base/uuid.h"

#include <set>

#include "base/random.h"
#include "gtest/gtest.h"

namespace quorate {
namespace {

TEST(UuidTest, TextAndBytesRoundTrip) {
  Rng rng(1);
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = Uuid::Random(rng);
    EXPECT_EQ(Uuid::Parse(id.ToString()), id);
    EXPECT_EQ(Uuid::FromBytes(id.bytes()), id);
    EXPECT_NE(id.ToString()[0], '-') << "would look like a flag on a command line";
  }
}

TEST(UuidTest, TextIsKafkas) {
  // Kafka's Uuid.ONE_UUID and ZERO_UUID, as Java prints them.
  std::string one(15, '\0');
  one.push_back('\1');
  EXPECT_EQ(Uuid::FromBytes(one)->ToString(), "AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_EQ(Uuid().ToString(), "AAAAAAAAAAAAAAAAAAAAAA");
}

TEST(UuidTest, RefusesWhatIsNoUuid) {
  EXPECT_FALSE(Uuid::Parse(""));
  EXPECT_FALSE(Uuid::Parse("AAAAAAAAAAAAAAAAAAAAA"));    // 21 characters
  EXPECT_FALSE(Uuid::Parse("AAAAAAAAAAAAAAAAAAAAAAA"));  // 23
  EXPECT_FALSE(Uuid::Parse("AAAAAAAAAAAAAAAAAAAAA+"));   // not base64url
  EXPECT_FALSE(Uuid::Parse("AAAAAAAAAAAAAAAAAAAAAB"));   // bits beyond the 128th
  EXPECT_FALSE(Uuid::FromBytes("short"));
}

TEST(UuidTest, SeedsGiveDifferentUuids) {
  std::set<Uuid> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    EXPECT_TRUE(seen.insert(Uuid::Random(rng)).second);
  }
}

}  // namespace
}  // namespace quorate
