#include "metadata/broker_details.h"

#include <gtest/gtest.h>

#include "metadata/directory_id.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

const Uuid kA = TestUuid(0xA00);
const Uuid kB = TestUuid(0xB00);

TEST(OnlineDirectoriesTest, OnlyListedDirectoriesAreOnline) {
  const BrokerDetails details{.log_directories = {kA}};
  EXPECT_TRUE(details.IsOnline(kA));
  EXPECT_FALSE(details.IsOnline(kB));
  EXPECT_FALSE(details.IsOnline(kLostDirectoryId));
  EXPECT_TRUE(details.IsOnline(std::nullopt)) << "not assigned";
}

TEST(OnlineDirectoriesTest, WithoutAListAllDirectoriesButTheLostOneAreOnline) {
  const BrokerDetails details;
  EXPECT_TRUE(details.IsOnline(kA));
  EXPECT_TRUE(details.IsOnline(std::nullopt));
  EXPECT_FALSE(details.IsOnline(kLostDirectoryId));
}

TEST(OnlineDirectoriesTest, OnlyABrokerWithOneDirectoryHasAnOnlyOne) {
  EXPECT_EQ(BrokerDetails{}.OnlyDirectory(), std::nullopt);
  EXPECT_EQ(BrokerDetails{.log_directories = {kA}}.OnlyDirectory(), kA);
  EXPECT_EQ((BrokerDetails{.log_directories = {kA, kB}}).OnlyDirectory(), std::nullopt);
}

}  // namespace
}  // namespace quorate::metadata
