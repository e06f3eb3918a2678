// quoratectl configs against real processes: which value applies, and that secrets stay secret.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class ConfigsTest : public ::testing::Test {
 protected:
  ConfigsTest() {
    cluster_.Start();
    CreateTopic(client_, "orders", 1, 2);
  }

  // Runs quoratectl on the cluster, expects success, and returns what it prints.
  std::string Ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    arguments.insert(arguments.end(), {"--bootstrap", cluster_.Bootstrap()});
    const RunResult result = testing::Run(arguments);
    EXPECT_EQ(result.status.code, 0) << result.errors;
    return result.output;
  }

  // Returns the description of one config of a topic.
  Json OfTopic(const std::string& key) {
    const Json answer =
        Json::parse(Ask({"configs", "describe", "--topic", "orders", key, "--output", "json"}));
    return answer["results"][0]["configs"][0];
  }

  Cluster cluster_{{.controllers = 3, .brokers = 2}};
  client::AdminClient client_ = cluster_.Client();
};

TEST_F(ConfigsTest, TheNearestSettingApplies) {
  EXPECT_EQ(OfTopic("min.insync.replicas")["value"], "1");
  Ask({"configs", "alter", "--broker-default", "--set", "min.insync.replicas=2"});
  EXPECT_EQ(OfTopic("min.insync.replicas")["value"], "2");
  EXPECT_EQ(OfTopic("min.insync.replicas")["source"], "DYNAMIC_DEFAULT_BROKER_CONFIG");
  Ask({"configs", "alter", "--topic", "orders", "--set", "min.insync.replicas=1"});
  const Json config = OfTopic("min.insync.replicas");
  EXPECT_EQ(config["value"], "1");
  EXPECT_EQ(config["source"], "DYNAMIC_TOPIC_CONFIG");
  EXPECT_EQ(config["synonyms"].size(), 3u) << config;
  EXPECT_NE(config["documentation"], "");
  Ask({"configs", "alter", "--topic", "orders", "--delete", "min.insync.replicas"});
  EXPECT_EQ(OfTopic("min.insync.replicas")["value"], "2");
  // The default survives the controllers.
  for (const int node : {1, 2, 3}) cluster_.controller(node).Kill();
  for (const int node : {1, 2, 3}) cluster_.StartController(node);
  cluster_.AwaitReady();
  EXPECT_EQ(OfTopic("min.insync.replicas")["value"], "2");
}

TEST_F(ConfigsTest, ASecretIsNeverShown) {
  constexpr char kSecret[] = "hunter2-hunter2";
  constexpr char kKey[] = "listener.name.public.ssl.key.password";
  const std::string file = cluster_.ControllerDirectory(1) + ".password";
  std::ofstream(file) << kSecret << "\n";
  Ask({"configs", "alter", "--broker", "1", "--set-file", std::string(kKey) + "=" + file});

  const std::string described = Ask({"configs", "describe", "--broker", "1", "--output", "json"});
  EXPECT_THAT(described, HasSubstr(kKey));
  EXPECT_THAT(described, Not(HasSubstr(kSecret)));
  EXPECT_THAT(Ask({"configs", "describe", "--broker", "1"}), Not(HasSubstr(kSecret)));
  const std::string events = Ask({"events"});
  EXPECT_THAT(events, HasSubstr(kKey));
  EXPECT_THAT(events, Not(HasSubstr(kSecret)));
  EXPECT_THAT(Ask({"audit"}), Not(HasSubstr(kSecret)));
  const std::string tail = Ask({"log", "tail", "--from-start", "--entries", "5"});
  EXPECT_THAT(tail, Not(HasSubstr(kSecret)));

  cluster_.AwaitReady();
  for (const int node : {1, 2, 3}) cluster_.controller(node).Kill();
  const RunResult dump = testing::Run(
      {QuoratectlProgram(), "log", "dump", "--data-dir", cluster_.ControllerDirectory(1)});
  EXPECT_EQ(dump.status.code, 0) << dump.errors;
  EXPECT_THAT(dump.output, HasSubstr(std::string(kKey) + "=(redacted)"));
  EXPECT_THAT(dump.output, Not(HasSubstr(kSecret)));
  for (const int node : {1, 2, 3}) {
    EXPECT_THAT(cluster_.controller(node).Log(), Not(HasSubstr(kSecret)));
  }
}

}  // namespace
}  // namespace quorate::testing
