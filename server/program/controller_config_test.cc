#include "server/program/controller_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/program/controller_manual.h"
#include "server/program/manual.h"

namespace quorate::server {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Settings = std::map<std::string, std::string>;

absl::StatusOr<ControllerConfig> Load(const Settings& overrides) {
  Settings flags = {{"cluster-id", "MkU3OEVBNTcwNTJENDM2Qg"},
                    {"node-id", "2"},
                    {"voters", "3@c:9091,1@a:9091,2@127.0.0.1:9092"},
                    {"data-dir", "/tmp/x"}};
  for (const auto& [name, value] : overrides) flags[name] = value;
  std::vector<std::string> arguments = {"quorate-controller"};
  for (const auto& [name, value] : flags) arguments.push_back("--" + name + "=" + value);
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ControllerConfig config;
  const auto outcome =
      LoadControllerConfig(static_cast<int>(argv.size()), argv.data(), {}, &config);
  if (!outcome.ok()) return outcome.status();
  EXPECT_EQ(*outcome, ConfigOutcome::kRun);
  return config;
}

std::string ErrorOf(const Settings& overrides) {
  return std::string(Load(overrides).status().message());
}

TEST(ControllerConfigTest, DefaultsFollowTheDesignAndThisNodesEntry) {
  const auto config = Load({});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_id, NodeId(2));
  EXPECT_EQ(config->voters, (std::vector<ConfiguredVoter>{{NodeId(1), {"a", 9091}},
                                                          {NodeId(2), {"127.0.0.1", 9092}},
                                                          {NodeId(3), {"c", 9091}}}));
  EXPECT_EQ(config->peer_listen.ToString(), "127.0.0.1:9092");
  EXPECT_EQ(config->peer_advertise.ToString(), "127.0.0.1:9092");
  EXPECT_EQ(config->client_advertise.ToString(), "127.0.0.1:9090");
  EXPECT_EQ(config->profile, "lan");
  EXPECT_EQ(config->peer_round_trip, std::chrono::milliseconds(5));
  EXPECT_EQ(config->heartbeat_interval, std::chrono::milliseconds(100));
  EXPECT_EQ(config->election_timeout_min, std::chrono::milliseconds(500));
  EXPECT_EQ(config->broker_session_timeout, std::chrono::seconds(9));
  EXPECT_EQ(config->max_request_items, 20'000);
  EXPECT_EQ(config->max_request_partitions, 200'000);
  EXPECT_EQ(config->snapshot_min_log_bytes, 64 << 20);
  EXPECT_EQ(config->snapshot_log_ratio, 4);
  EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(ControllerConfigTest, AProfileGivesDefaultsThatFitTogether) {
  const auto lan = Load({});
  const auto explicit_lan = Load({{"profile", "lan"}});
  ASSERT_TRUE(explicit_lan.ok()) << explicit_lan.status();
  EXPECT_EQ(explicit_lan->profile, lan->profile);
  EXPECT_EQ(explicit_lan->election_timeout_min, lan->election_timeout_min);
  for (const char* profile : {"wan", "noisy"}) {
    const auto config = Load({{"profile", profile}});
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->profile, profile);
    EXPECT_GT(config->peer_round_trip, lan->peer_round_trip);
    EXPECT_GT(config->heartbeat_interval, lan->heartbeat_interval);
    EXPECT_GT(config->election_timeout_min, lan->election_timeout_min);
    EXPECT_GT(config->election_timeout_max, lan->election_timeout_max);
    EXPECT_GT(config->broker_session_timeout, lan->broker_session_timeout);
    EXPECT_GT(config->broker_connection_grace, lan->broker_connection_grace);
    EXPECT_EQ(config->state_check_interval, lan->state_check_interval)
        << "all controllers need the same value, whatever their profiles";
  }
  EXPECT_THAT(ErrorOf({{"profile", "moon"}}),
              HasSubstr("--profile: 'moon' is not one of lan, wan, noisy"));
}

TEST(ControllerConfigTest, AValueThatIsSetOverridesTheProfile) {
  const auto config = Load({{"profile", "wan"}, {"heartbeat-interval-ms", "50"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->heartbeat_interval, std::chrono::milliseconds(50));
  EXPECT_EQ(config->election_timeout_min, Load({{"profile", "wan"}})->election_timeout_min);
  // It is checked against the values of the profile.
  EXPECT_THAT(ErrorOf({{"profile", "wan"}, {"election-timeout-max-ms", "1000"}}),
              AllOf(HasSubstr("is above election-timeout-max-ms 1000"),
                    HasSubstr("values that are not set come from profile wan")));
  EXPECT_THAT(ErrorOf({{"peer-round-trip-ms", "101"}}),
              HasSubstr("election-timeout-min-ms 500 is less than 5 times peer-round-trip-ms 101"));
  EXPECT_TRUE(Load({{"peer-round-trip-ms", "100"}}).ok());
}

TEST(ControllerConfigTest, APlainListenerThatOthersReachIsAWarning) {
  for (const char* listen : {"127.0.0.1:9090", "127.9.9.9:9090", "[::1]:9090", "localhost:9090"}) {
    EXPECT_THAT(Load({{"client-listen", listen}, {"require-tls", "true"}})->warnings, IsEmpty());
  }
  for (const char* listen : {"0.0.0.0:9090", "[::]:9090", "128.0.0.1:9090", "host:9090"}) {
    Settings settings = {{"client-listen", listen}, {"client-advertise", "b:9090"}};
    EXPECT_THAT(Load(settings)->warnings,
                ElementsAre(AllOf(HasSubstr(listen), HasSubstr("PLAIN TEXT"))));
    settings["require-tls"] = "true";
    EXPECT_THAT(ErrorOf(settings), AllOf(HasSubstr("client-listen"), HasSubstr("require-tls")));
  }
  EXPECT_THAT(ErrorOf({{"peer-listen", "0.0.0.0:9091"}, {"require-tls", "true"}}),
              HasSubstr("peer-listen 0.0.0.0:9091 is PLAIN TEXT"));
}

TEST(ControllerConfigTest, CertificatesForPeersAreThoseForClientsByDefault) {
  Settings settings = {{"client-listen", "0.0.0.0:9090"},
                       {"client-advertise", "b:9090"},
                       {"peer-listen", "0.0.0.0:9091"},
                       {"require-tls", "true"},
                       {"tls-cert", "/c"},
                       {"tls-key", "/k"},
                       {"tls-ca", "/a"},
                       {"tls-crl", "/r"}};
  auto config = Load(settings);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tls.cert + config->tls.key + config->tls.ca + config->tls.crl, "/c/k/a/r");
  EXPECT_EQ(config->peer_tls, config->tls);

  settings["peer-tls-ca"] = "/pa";
  config = Load(settings);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->peer_tls.cert + config->peer_tls.key + config->peer_tls.ca, "/c/k/pa");
  EXPECT_EQ(config->peer_tls.crl, "") << "the list of another CA";

  settings.insert({{"peer-tls-cert", "/pc"}, {"peer-tls-key", "/pk"}, {"peer-tls-crl", "/pr"}});
  config = Load(settings);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->peer_tls.cert + config->peer_tls.key + config->peer_tls.crl, "/pc/pk/pr");
}

TEST(ControllerConfigTest, TheFilesForTlsBelongTogether) {
  EXPECT_THAT(ErrorOf({{"tls-cert", "/c"}, {"tls-ca", "/a"}}), HasSubstr("tls-key is missing"));
  EXPECT_THAT(ErrorOf({{"roles-file", "/r"}}), HasSubstr("roles-file gives roles to certificates"));
  EXPECT_THAT(ErrorOf({{"peer-tls-cert", "/c"}}), HasSubstr("peer-tls-key is missing"));
}

TEST(ControllerConfigTest, AnObserverNeedNotBeAmongTheVoters) {
  const auto config = Load({{"node-id", "4"}, {"observer", "true"}, {"peer-listen", "10.0.0.4:9"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->observer);
  EXPECT_EQ(config->peer_listen.ToString(), "10.0.0.4:9");
  EXPECT_EQ(config->peer_advertise.ToString(), "10.0.0.4:9");
  // `voters` may list only some of the cluster's controllers, in an even number too.
  const auto even = Load({{"observer", "true"}, {"voters", "1@a:1,2@b:1"}});
  ASSERT_TRUE(even.ok()) << even.status();
  EXPECT_EQ(even->peer_advertise.ToString(), "b:1");
  EXPECT_THAT(even->warnings, ElementsAre(HasSubstr("PLAIN TEXT")));
  EXPECT_FALSE(Load({{"observer", "false"}})->observer);
}

TEST(ControllerConfigTest, AnObserverMustBeReachableAndKnowSomebody) {
  Settings observer = {{"node-id", "4"}, {"observer", "true"}};
  EXPECT_THAT(ErrorOf(observer), HasSubstr("set peer-listen"));
  for (const char* listen : {"0.0.0.0:9", "10.0.0.4:0"}) {
    observer["peer-listen"] = listen;
    EXPECT_THAT(ErrorOf(observer), HasSubstr("set peer-advertise"));
  }
  observer["peer-advertise"] = "host-4:9";
  EXPECT_EQ(Load(observer)->peer_advertise.ToString(), "host-4:9");
  observer["voters"] = "4@host-4:9";
  EXPECT_THAT(ErrorOf(observer), HasSubstr("lists only this observer"));
  EXPECT_THAT(ErrorOf({{"observer", "yes"}}), HasSubstr("'yes' is neither true nor false"));
  EXPECT_THAT(ErrorOf({{"node-id", "4"}}), HasSubstr("start it with --observer"));
}

TEST(ControllerConfigTest, ANamedNodeListensForPeersOnAllItsAddresses) {
  for (const char* name : {"controller-2", "cafe.be", "node.example"}) {
    const auto config = Load({{"voters", std::string("2@") + name + ":9091"}});
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->peer_listen.ToString(), "0.0.0.0:9091");
    EXPECT_EQ(config->peer_advertise.host, name);
  }
  EXPECT_EQ(Load({{"voters", "2@[::1]:9091"}})->peer_listen.ToString(), "[::1]:9091");
}

TEST(ControllerConfigTest, AVoterListIsCheckedAsAWhole) {
  EXPECT_THAT(ErrorOf({{"voters", "a:9091"}}), HasSubstr("--voters: 'a:9091' is not ID@HOST:PORT"));
  EXPECT_THAT(ErrorOf({{"voters", "1@a:9091,"}}), HasSubstr("'' is not ID@HOST:PORT"));
  EXPECT_THAT(ErrorOf({{"voters", "-1@a:9091"}}), HasSubstr("'-1@a:9091' is not"));
  EXPECT_THAT(ErrorOf({{"voters", "2@a"}}), HasSubstr("'a' has no port"));
  EXPECT_THAT(ErrorOf({{"voters", "2@0.0.0.0:9091"}}), HasSubstr("wildcard"));
  EXPECT_THAT(ErrorOf({{"voters", "2@a:1,2@b:1"}}), HasSubstr("node 2 is listed twice"));
  EXPECT_THAT(ErrorOf({{"voters", "2@a:1,3@a:1"}}), HasSubstr("nodes 2 and 3 have the same"));
  EXPECT_THAT(ErrorOf({{"node-id", "4"}}),
              HasSubstr("this node (node-id 4) is not in voters, which lists 1, 2, 3"));
}

TEST(ControllerConfigTest, AnEvenNumberOfVotersIsWarnedOfWithTheReason) {
  const auto config = Load({{"voters", "1@a:1,2@b:1,3@c:1,4@d:1"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->warnings, Contains(HasSubstr("4 voters tolerate no more failures (1) than "
                                                   "3")));
}

TEST(ControllerConfigTest, AdvertisedAddressesMustBeDialable) {
  EXPECT_THAT(ErrorOf({{"client-listen", "0.0.0.0:9090"}}), HasSubstr("client-advertise"));
  EXPECT_THAT(ErrorOf({{"client-advertise", "[::]:9090"}}), HasSubstr("wildcard"));
  EXPECT_THAT(ErrorOf({{"client-advertise", "host"}}), HasSubstr("no port"));
  EXPECT_THAT(ErrorOf({{"peer-advertise", "host:0"}}), HasSubstr("port 0"));
  EXPECT_THAT(ErrorOf({{"client-listen", "nowhere:"}}), HasSubstr("--client-listen"));
  EXPECT_THAT(ErrorOf({{"client-listen", "127.0.0.1:9092"}}), HasSubstr("different ports"));
  EXPECT_TRUE(Load({{"client-listen", "0.0.0.0:9090"}, {"client-advertise", "c:1"}}).ok());
  EXPECT_EQ(Load({{"client-listen", "127.0.0.1:0"}})->client_advertise.port, 0);
}

TEST(ControllerConfigTest, TimesMustFitEachOther) {
  EXPECT_THAT(ErrorOf({{"election-timeout-min-ms", "2000"}}), HasSubstr("is above"));
  EXPECT_THAT(ErrorOf({{"heartbeat-interval-ms", "300"}}), HasSubstr("more than half"));
  EXPECT_THAT(ErrorOf({{"broker-connection-grace-ms", "9001"}}), HasSubstr("is above"));
}

TEST(ControllerConfigTest, IdentityIsCheckedAndErrorsNameTheRemedy) {
  EXPECT_THAT(ErrorOf({{"cluster-id", "orders"}}), HasSubstr("quoratectl cluster new-id"));
  EXPECT_THAT(ErrorOf({{"node-id", "2147483648"}}), HasSubstr("--node-id: "));
  EXPECT_THAT(ErrorOf({{"log-level", "loud"}}), HasSubstr("debug, info, warning, error"));
}

TEST(ControllerConfigTest, TheManualFitsATerminal) {
  const std::string page = RenderManual({ControllerManual(), {}});
  EXPECT_THAT(page, testing::Not(testing::ContainsRegex("[^\n]{81}")));
}

}  // namespace
}  // namespace quorate::server
