// Checks the tables of configuration keys against their own rules, and how keys are found.
#include "metadata/configs/config_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "metadata/configs/config_value.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kTopic = ConfigResourceType::kTopic;
constexpr auto kBroker = ConfigResourceType::kBroker;

std::vector<ConfigKey> AllKeys() {
  std::vector<ConfigKey> all;
  for (const auto type : {kTopic, kBroker}) {
    const auto keys = ConfigKeysOf(type);
    all.insert(all.end(), keys.begin(), keys.end());
  }
  return all;
}

TEST(ConfigKeysTest, KafkasKeysAreKnown) {
  EXPECT_EQ(ConfigKeysOf(kTopic).size(), 33u);
  std::map<ConfigUpdate, int> updates;
  std::map<ConfigType, int> types;
  for (const ConfigKey& key : ConfigKeysOf(kBroker)) ++updates[key.update];
  for (const ConfigKey& key : AllKeys()) ++types[key.type];
  // Kafka 4.1 has 90 keys of brokers that can be changed, and three of replication quotas.
  EXPECT_EQ(updates, (std::map<ConfigUpdate, int>{{ConfigUpdate::kPerBroker, 36},
                                                  {ConfigUpdate::kClusterWide, 55},
                                                  {ConfigUpdate::kDefaultOnly, 2},
                                                  {ConfigUpdate::kReadOnly, 5}}));
  EXPECT_EQ(types, (std::map<ConfigType, int>{{ConfigType::kBoolean, 8},
                                              {ConfigType::kString, 21},
                                              {ConfigType::kInt, 35},
                                              {ConfigType::kShort, 2},
                                              {ConfigType::kLong, 39},
                                              {ConfigType::kDouble, 8},
                                              {ConfigType::kList, 9},
                                              {ConfigType::kClass, 2},
                                              {ConfigType::kPassword, 7}}));
}

TEST(ConfigKeysTest, NamesAreSortedAndUnique) {
  for (const auto type : {kTopic, kBroker}) {
    const auto keys = ConfigKeysOf(type);
    const auto disorder =
        std::adjacent_find(keys.begin(), keys.end(),
                           [](const ConfigKey& a, const ConfigKey& b) { return a.name >= b.name; });
    EXPECT_EQ(disorder, keys.end()) << disorder->name;
    for (const ConfigKey& key : keys) EXPECT_EQ(FindConfigKey(type, key.name), &key);
  }
}

TEST(ConfigKeysTest, EveryDefaultIsACanonicalValueOfItsKey) {
  for (const ConfigKey& key : AllKeys()) {
    const std::string value = DefaultConfigValue(key);
    // Text and lists may be empty by default, and a secret or a class may be missing.
    if (value.empty()) {
      EXPECT_THAT((std::vector{ConfigType::kString, ConfigType::kList, ConfigType::kClass,
                               ConfigType::kPassword}),
                  ::testing::Contains(key.type))
          << key.name;
      continue;
    }
    const auto canonical = CanonicalConfigValue(key, key.name, value);
    ASSERT_TRUE(canonical.ok()) << canonical.status();
    EXPECT_EQ(*canonical, value) << key.name;
  }
}

TEST(ConfigKeysTest, EverySynonymExistsAndTakesTheSameValues) {
  for (const ConfigKey& key : AllKeys()) {
    if (key.synonym.name.empty()) continue;
    const ConfigKey* synonym = SynonymOf(key);
    ASSERT_NE(synonym, nullptr) << key.name;
    EXPECT_TRUE(key.default_value.empty()) << key.name << " has the default of its synonym";
    if (key.synonym.unit != 1) continue;
    EXPECT_EQ(synonym->type, key.type) << key.name;
    EXPECT_EQ(synonym->values.words, key.values.words) << key.name;
  }
}

TEST(ConfigKeysTest, EveryKeyIsDocumentedInOneSentence) {
  for (const ConfigKey& key : AllKeys()) {
    EXPECT_THAT(std::string(key.documentation),
                AllOf(EndsWith("."), Not(HasSubstr(". ")), Not(HasSubstr("\n"))))
        << key.name;
  }
}

TEST(ConfigKeysTest, ADefaultMayComeFromASynonymInAnotherUnit) {
  EXPECT_EQ(DefaultConfigValue(*FindConfigKey(kTopic, "retention.ms")), "604800000");
  EXPECT_EQ(DefaultConfigValue(*FindConfigKey(kBroker, "log.retention.ms")), "604800000");
  EXPECT_EQ(DefaultConfigValue(*FindConfigKey(kBroker, "log.retention.minutes")), "10080");
  EXPECT_EQ(DefaultConfigValue(*FindConfigKey(kTopic, "segment.jitter.ms")), "0");
  EXPECT_EQ(DefaultConfigValue(*FindConfigKey(kTopic, "max.message.bytes")), "1048588");
  EXPECT_EQ(DefaultConfigValue(*FindConfigKey(kTopic, "flush.ms")), "9223372036854775807");
}

TEST(ConfigKeysTest, AKeyMayBeThatOfAListener) {
  const auto find = [](const std::string& name) {
    const ConfigKey* key = FindConfigKey(kBroker, name);
    return key == nullptr ? std::string() : std::string(key->name);
  };
  EXPECT_EQ(find("listener.name.public.ssl.key.password"), "ssl.key.password");
  EXPECT_EQ(find("listener.name.public.max.connections"), "max.connections");
  EXPECT_EQ(find("listener.name.public.sasl.jaas.config"), "sasl.jaas.config");
  EXPECT_EQ(find("listener.name.public.scram-sha-256.sasl.jaas.config"), "sasl.jaas.config");
  for (const std::string name :
       {"listener.name.public.log.retention.ms", "listener.name..max.connections",
        "listener.name.Public.max.connections", "listener.name.max.connections",
        "listener.name.public.plain.ssl.key.password", "listener.name.", "listener.name.a",
        "listener.name.a.b.c.sasl.jaas.config"}) {
    EXPECT_EQ(find(name), "") << name;
  }
  EXPECT_EQ(FindConfigKey(kTopic, "listener.name.public.max.connections"), nullptr);
}

TEST(ConfigKeysTest, AnUnknownKeyNamesTheOneThatIsMeant) {
  const auto error = [](ConfigResourceType type, const std::string& name) {
    return std::string(UnknownConfigKey(type, name).message());
  };
  EXPECT_EQ(error(kTopic, "retention.m"),
            "there is no topic configuration \"retention.m\"; did you mean retention.ms? "
            "'quoratectl configs list --entity topic' shows all of them");
  EXPECT_THAT(error(kTopic, "segmnet.bytes"), HasSubstr("did you mean segment.bytes?"));
  EXPECT_THAT(error(kTopic, "unclean"), HasSubstr("mean unclean.leader.election.enable?"));
  // The name for the other kind of resource.
  EXPECT_THAT(error(kTopic, "message.max.bytes"), HasSubstr("did you mean max.message.bytes?"));
  EXPECT_THAT(error(kBroker, "retention.ms"), HasSubstr("did you mean log.retention.ms?"));
  EXPECT_THAT(error(kBroker, "num.io.thread"), HasSubstr("did you mean num.io.threads?"));
  EXPECT_EQ(error(kBroker, "wholly.different"),
            "there is no broker configuration \"wholly.different\"; 'quoratectl configs list "
            "--entity broker' shows all of them");
  EXPECT_THAT(error(kTopic, ""), Not(HasSubstr("did you mean")));
}

TEST(ConfigKeysTest, SomeKeysCannotBeSetEverywhere) {
  const auto check = [](const std::string& name, const std::string& broker) {
    return std::string(
        CheckConfigUpdate(*FindConfigKey(kBroker, name), name, kBroker, broker).message());
  };
  EXPECT_EQ(check("log.retention.ms", "1"), "");
  EXPECT_EQ(check("log.retention.ms", ""), "");
  EXPECT_EQ(check("ssl.client.auth", "1"), "");
  EXPECT_EQ(check("listener.name.a.ssl.key.password", "1"), "");
  EXPECT_EQ(check("min.insync.replicas", ""), "");
  EXPECT_THAT(check("min.insync.replicas", "1"), HasSubstr("cannot differ between brokers"));
  EXPECT_THAT(check("ssl.client.auth", ""), HasSubstr("set it for each broker"));
  EXPECT_THAT(check("listener.name.a.max.connections", ""), HasSubstr("set it for each broker"));
  EXPECT_THAT(check("ssl.key.password", "1"),
              HasSubstr("use listener.name.LISTENER.ssl.key.password"));
  EXPECT_THAT(check("log.retention.hours", "1"), HasSubstr("set log.retention.ms here"));
  EXPECT_THAT(check("log.retention.minutes", ""), HasSubstr("set log.retention.ms here"));
}

TEST(ConfigKeysTest, EveryReadOnlyKeyNamesOneThatCanBeSet) {
  for (const ConfigKey& key : ConfigKeysOf(kBroker)) {
    if (key.update != ConfigUpdate::kReadOnly) continue;
    EXPECT_THAT(std::string(CheckConfigUpdate(key, key.name, kBroker, "1").message()),
                EndsWith(" here"))
        << key.name;
  }
}

TEST(ConfigKeysTest, WhatIsNotKnownMayBeASecret) {
  EXPECT_TRUE(IsSensitiveConfig(kBroker, "sasl.jaas.config"));
  EXPECT_TRUE(IsSensitiveConfig(kBroker, "listener.name.a.ssl.keystore.key"));
  EXPECT_TRUE(IsSensitiveConfig(kBroker, "password"));
  EXPECT_TRUE(IsSensitiveConfig(kTopic, "of.a.newer.version"));
  EXPECT_FALSE(IsSensitiveConfig(kTopic, "retention.ms"));
  EXPECT_FALSE(IsSensitiveConfig(kBroker, "listener.name.a.max.connections"));
}

}  // namespace
}  // namespace quorate::metadata
