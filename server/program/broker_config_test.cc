#include "server/program/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::server {
namespace {

using testing::HasSubstr;

using Settings = std::map<std::string, std::string>;

absl::StatusOr<BrokerConfig> Load(const Settings& overrides, const Settings& environment = {}) {
  Settings flags = {{"cluster-id", "MkU3OEVBNTcwNTJENDM2Qg"},
                    {"broker-id", "0"},
                    {"bootstrap", "a:9090,b:9090,c:9090"}};
  for (const auto& [name, value] : overrides) flags[name] = value;
  std::vector<std::string> arguments = {"quorate-broker"};
  for (const auto& [name, value] : flags) {
    if (!value.empty()) arguments.push_back("--" + name + "=" + value);
  }
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  BrokerConfig config;
  const auto outcome =
      LoadBrokerConfig(static_cast<int>(argv.size()), argv.data(), environment, &config);
  if (!outcome.ok()) return outcome.status();
  EXPECT_EQ(*outcome, ConfigOutcome::kRun);
  return config;
}

std::string ErrorOf(const Settings& overrides) {
  return std::string(Load(overrides).status().message());
}

TEST(BrokerConfigTest, DefaultsFollowTheDesign) {
  const auto config = Load({});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
  EXPECT_EQ(config->broker_id, BrokerId(0));
  EXPECT_EQ(config->bootstrap, (std::vector<HostPort>{{"a", 9090}, {"b", 9090}, {"c", 9090}}));
  EXPECT_EQ(config->listen.ToString(), "127.0.0.1:9092");
  EXPECT_EQ(config->advertise, config->listen);
  EXPECT_EQ(config->heartbeat_interval, std::chrono::seconds(1));
  EXPECT_EQ(config->registration_timeout, std::chrono::seconds(60));
  EXPECT_EQ(config->controlled_shutdown_timeout, std::chrono::seconds(5));
  EXPECT_EQ(config->data_dir, "");
}

TEST(BrokerConfigTest, AFreePortIsAdvertisedOnceItIsKnown) {
  const auto config = Load({{"listen", "127.0.0.1:0"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->advertise.ToString(), "127.0.0.1:0");
}

TEST(BrokerConfigTest, APlainListenerThatOthersReachIsAWarning) {
  EXPECT_THAT(Load({{"require-tls", "true"}})->warnings, testing::IsEmpty());
  Settings settings = {{"listen", "0.0.0.0:9092"}, {"advertise", "broker-1:9092"}};
  EXPECT_THAT(Load(settings)->warnings, testing::ElementsAre(HasSubstr("PLAIN TEXT")));
  settings["require-tls"] = "true";
  EXPECT_THAT(ErrorOf(settings), HasSubstr("listen 0.0.0.0:9092 is PLAIN TEXT"));
  settings.insert({{"tls-cert", "/c"}, {"tls-key", "/k"}, {"tls-ca", "/a"}});
  const auto config = Load(settings);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tls.cert + config->tls.key + config->tls.ca, "/c/k/a");
  settings["roles-file"] = "/r";
  EXPECT_EQ(Load(settings)->roles_file, "/r");
  settings.erase("tls-ca");
  EXPECT_THAT(ErrorOf(settings), HasSubstr("tls-ca is missing"));
  EXPECT_THAT(ErrorOf({{"roles-file", "/r"}}), HasSubstr("roles-file gives roles to certificates"));
}

TEST(BrokerConfigTest, AnAdvertisedAddressMustBeOneThatOthersCanDial) {
  EXPECT_THAT(ErrorOf({{"listen", "0.0.0.0:9092"}}), HasSubstr("set advertise"));
  EXPECT_TRUE(Load({{"listen", "0.0.0.0:9092"}, {"advertise", "broker-1:9092"}}).ok());
  EXPECT_THAT(ErrorOf({{"advertise", "0.0.0.0:9092"}}), HasSubstr("--advertise: "));
  EXPECT_THAT(ErrorOf({{"advertise", "[::]:9092"}}), HasSubstr("wildcard"));
  EXPECT_THAT(ErrorOf({{"advertise", "broker-1"}}), HasSubstr("no port"));
  EXPECT_THAT(ErrorOf({{"advertise", "broker-1:0"}}), HasSubstr("port 0"));
  EXPECT_THAT(ErrorOf({{"advertise", "broker 1:9092"}}), HasSubstr("--advertise: "));
}

TEST(BrokerConfigTest, BootstrapMeansTheControllers) {
  EXPECT_THAT(ErrorOf({{"bootstrap", ""}}), HasSubstr("bootstrap"));
  EXPECT_THAT(ErrorOf({{"bootstrap", "a:9090,b"}}), HasSubstr("'b' has no port"));
  EXPECT_THAT(ErrorOf({{"bootstrap", "127.0.0.1:9092"}}), HasSubstr("this broker itself"));
}

TEST(BrokerConfigTest, TheLimitsOnConnectionsAreThoseOfTheLibraryByDefault) {
  const auto config = Load({});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->connection_limits.max_descriptors, kConnectionLimits.max_descriptors);
  EXPECT_EQ(config->connection_limits.max_of_host, kConnectionLimits.max_of_host);
  EXPECT_EQ(config->connection_limits.timeout, kConnectionLimits.timeout);
}

TEST(BrokerConfigTest, TheLimitsOnConnectionsHaveRanges) {
  const auto config = Load({{"max-connection-descriptors", "65536"},
                            {"max-connections-per-host", "16"},
                            {"connection-timeout-ms", "600000"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->connection_limits.max_descriptors, 65'536u);
  EXPECT_EQ(config->connection_limits.max_of_host, 16u);
  EXPECT_EQ(config->connection_limits.timeout, std::chrono::minutes(10));
  for (const auto& [option, value] : Settings{{"max-connection-descriptors", "1023"},
                                              {"max-connections-per-host", "-1"},
                                              {"connection-timeout-ms", "99"}}) {
    EXPECT_THAT(ErrorOf({{option, value}}), HasSubstr(option));
  }
}

TEST(BrokerConfigTest, IdentityIsChecked) {
  EXPECT_THAT(ErrorOf({{"cluster-id", "orders"}}), HasSubstr("quoratectl cluster new-id"));
  EXPECT_THAT(ErrorOf({{"broker-id", "-1"}}), HasSubstr("--broker-id: "));
  EXPECT_THAT(ErrorOf({{"broker-id", ""}}), HasSubstr("broker-id"));
  EXPECT_THAT(ErrorOf({{"node-id", "1"}}), HasSubstr("--node-id"));
}

TEST(BrokerConfigTest, TheEnvironmentHasTheSameOptions) {
  const auto config = Load({{"bootstrap", ""}}, {{"QUORATE_BOOTSTRAP", "x:1"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->bootstrap, (std::vector<HostPort>{{"x", 1}}));
}

}  // namespace
}  // namespace quorate::server
