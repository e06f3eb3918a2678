// Which values the keys accept, and in which form they are stored.
#include "metadata/configs/config_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "metadata/configs/config_keys.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Returns the canonical value, or "refused".
std::string Canonical(ConfigResourceType type, const std::string& name, const std::string& value) {
  const ConfigKey* key = FindConfigKey(type, name);
  if (key == nullptr) return "no such key";
  return CanonicalConfigValue(*key, name, value).value_or("refused");
}
std::string OfTopic(const std::string& name, const std::string& value) {
  return Canonical(ConfigResourceType::kTopic, name, value);
}
std::string OfBroker(const std::string& name, const std::string& value) {
  return Canonical(ConfigResourceType::kBroker, name, value);
}

TEST(ConfigValueTest, WholeNumbers) {
  for (const std::string five : {"5", " 5", "+5", "005", "5\n"}) {
    EXPECT_EQ(OfTopic("retention.ms", five), "5") << five;
  }
  for (const std::string bad : {"", "-", "5.0", "5 0", "0x5", "1e3", "9223372036854775808"}) {
    EXPECT_EQ(OfTopic("retention.ms", bad), "refused") << bad;
  }
  EXPECT_EQ(OfTopic("retention.ms", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(OfTopic("retention.ms", "-2"), "refused");
  EXPECT_EQ(OfTopic("max.message.bytes", "2147483648"), "refused") << "more than an int";
  EXPECT_EQ(OfBroker("sasl.login.refresh.buffer.seconds", "32767"), "32767");
  EXPECT_EQ(OfBroker("sasl.login.refresh.buffer.seconds", "32768"), "refused") << "a short";
}

TEST(ConfigValueTest, ARangeMayHaveAGap) {
  EXPECT_EQ(OfTopic("compression.gzip.level", "-1"), "-1");
  EXPECT_EQ(OfTopic("compression.gzip.level", "0"), "refused");
  EXPECT_EQ(OfTopic("compression.gzip.level", "9"), "9");
  EXPECT_EQ(OfTopic("compression.zstd.level", "-131072"), "-131072");
}

TEST(ConfigValueTest, Doubles) {
  EXPECT_EQ(OfTopic("min.cleanable.dirty.ratio", " .50 "), "0.5");
  EXPECT_EQ(OfTopic("min.cleanable.dirty.ratio", "1e-1"), "0.1");
  EXPECT_EQ(OfTopic("min.cleanable.dirty.ratio", "-0"), "0");
  EXPECT_EQ(OfTopic("min.cleanable.dirty.ratio", "0.30000000000000004"), "0.30000000000000004");
  for (const std::string bad : {"1.1", "-0.1", "nan", "inf", "half", ""}) {
    EXPECT_EQ(OfTopic("min.cleanable.dirty.ratio", bad), "refused") << bad;
  }
  EXPECT_EQ(OfBroker("log.cleaner.io.max.bytes.per.second", "10000000"), "10000000");
  EXPECT_EQ(OfBroker("log.cleaner.io.max.bytes.per.second", "1e300"), "1e+300");
  EXPECT_EQ(OfBroker("log.cleaner.io.max.bytes.per.second", "1e400"), "refused");
}

TEST(ConfigValueTest, Booleans) {
  EXPECT_EQ(OfTopic("preallocate", " TRUE"), "true");
  EXPECT_EQ(OfTopic("preallocate", "False"), "false");
  for (const std::string bad : {"", "yes", "1", "tru"}) {
    EXPECT_EQ(OfTopic("preallocate", bad), "refused") << bad;
  }
}

TEST(ConfigValueTest, Words) {
  EXPECT_EQ(OfTopic("compression.type", " zstd "), "zstd");
  EXPECT_EQ(OfTopic("compression.type", "ZSTD"), "refused");
  EXPECT_EQ(OfTopic("compression.type", "zstd,lz4"), "refused");
  EXPECT_EQ(OfTopic("cleanup.policy", "delete, compact ,delete"), "delete,compact");
  EXPECT_EQ(OfTopic("cleanup.policy", ""), "refused");
  EXPECT_EQ(OfTopic("cleanup.policy", "delete,"), "refused");
}

TEST(ConfigValueTest, ListsOfAnyWords) {
  EXPECT_EQ(OfBroker("ssl.cipher.suites", ""), "") << "all cipher suites";
  EXPECT_EQ(OfBroker("ssl.cipher.suites", " A , B,A"), "A,B");
  EXPECT_EQ(OfBroker("ssl.cipher.suites", "A,,B"), "refused");
  EXPECT_EQ(OfBroker("ssl.cipher.suites", "A\nB"), "refused");
}

TEST(ConfigValueTest, ThrottledReplicas) {
  const std::string key = "leader.replication.throttled.replicas";
  EXPECT_EQ(OfTopic(key, "*"), "*");
  EXPECT_EQ(OfTopic(key, ""), "");
  EXPECT_EQ(OfTopic(key, "0:1, 1:2"), "0:1,1:2");
  for (const std::string bad : {"*,0:1", "0", "0:", ":1", "0:-1", "a:1", "0:1:2"}) {
    EXPECT_EQ(OfTopic(key, bad), "refused") << bad;
  }
}

TEST(ConfigValueTest, ConnectionsOfHosts) {
  const std::string key = "max.connections.per.ip.overrides";
  EXPECT_EQ(OfBroker(key, "localhost:100, ::1:5"), "localhost:100,::1:5");
  EXPECT_EQ(OfBroker(key, ""), "");
  EXPECT_EQ(OfBroker(key, "localhost"), "refused");
  EXPECT_EQ(OfBroker(key, "localhost:-1"), "refused");
}

TEST(ConfigValueTest, TextAndClasses) {
  EXPECT_EQ(OfBroker("ssl.endpoint.identification.algorithm", ""), "");
  EXPECT_EQ(OfBroker("ssl.provider", " Sun JSSE "), "Sun JSSE");
  EXPECT_EQ(OfBroker("ssl.provider", "a\tb"), "refused");
  EXPECT_EQ(OfBroker("ssl.engine.factory.class", "a.B"), "a.B");
  EXPECT_EQ(OfBroker("ssl.engine.factory.class", " "), "refused");
}

TEST(ConfigValueTest, ASecretMayHaveSeveralLines) {
  EXPECT_EQ(OfBroker("ssl.keystore.key", "-----BEGIN\nAB==\n-----END\n"),
            "-----BEGIN\nAB==\n-----END");
}

TEST(ConfigValueTest, AnErrorNamesTheKeyAndWhatItTakesButNoSecret) {
  const auto error = [](const std::string& name, const std::string& value) {
    return std::string(
        CanonicalConfigValue(*FindConfigKey(ConfigResourceType::kBroker, name), name, value)
            .status()
            .message());
  };
  EXPECT_EQ(error("num.io.threads", "0"),
            "num.io.threads takes a whole number from 1 to 2147483647, not \"0\"");
  EXPECT_EQ(error("compression.gzip.level", "0"),
            "compression.gzip.level takes -1 or a whole number from 1 to 9, not \"0\"");
  EXPECT_EQ(error("ssl.client.auth", "maybe"),
            "ssl.client.auth takes one of none, requested, required, not \"maybe\"");
  EXPECT_EQ(error("listener.name.a.max.connections", "x"),
            "listener.name.a.max.connections takes a whole number from 0 to 2147483647, not \"x\"");
  const std::string secret(kMaxConfigValueBytes + 1, 's');
  EXPECT_EQ(error("ssl.key.password", secret),
            absl::StrCat("the value of ssl.key.password has ", secret.size(),
                         " bytes; at most 16384 are possible"));
  EXPECT_THAT(error("ssl.key.password", secret), Not(HasSubstr("sss")));
}

}  // namespace
}  // namespace quorate::metadata
