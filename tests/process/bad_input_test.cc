// Configurations, ports and data directories that a program must reject before it does anything
// else.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_format.h"
#include "base/host_port.h"
#include "base/random.h"
#include "base/uuid.h"
#include "tests/harness/cluster.h"
#include "tests/harness/loopback_socket.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Command = std::vector<std::string>;

struct BadConfiguration {
  std::vector<std::string> flags = {};
  std::map<std::string, std::string> environment = {};
  std::string file = {};
  // The error line must contain these texts: what is wrong, and the remedy.
  std::vector<std::string> says;
};

// Runs the program with each configuration and expects that it refuses to start.
void ExpectRefused(const Command& good, const std::string& file_path,
                   const std::vector<BadConfiguration>& bad) {
  for (const BadConfiguration& configuration : bad) {
    Command command = good;
    for (const std::string& flag : configuration.flags) command = With(command, flag);
    if (!configuration.file.empty()) {
      std::ofstream(file_path) << configuration.file;
      command.push_back("--config=" + file_path);
    }
    const std::string line = Refusal(command, kBadConfiguration, configuration.environment);
    for (const std::string& part : configuration.says) EXPECT_THAT(line, HasSubstr(part));
  }
}

// Returns configurations that both programs reject with the same messages.
std::vector<BadConfiguration> BadForBoth(const std::string& file_path) {
  return {
      {.flags = {"--log-levle=info"},
       .says = {"unknown flag '--log-levle=info'", "did you mean '--log-level'?"}},
      {.flags = {"--log-level=loud"}, .says = {"--log-level: 'loud' is not one of debug, info"}},
      {.flags = {"now"}, .says = {"unexpected argument 'now'"}},
      {.flags = {"--log-dir=/proc/nowhere"},
       .says = {"cannot write logs to log-dir '/proc/nowhere'", "remove log-dir"}},
      {.flags = {"--failpoints=storage.read=explode"},
       .says = {"storage.read=explode", "the actions are abort, error and delay:<n>ms"}},
      {.environment = {{"QUORATE_LOG_LEVLE", "info"}},
       .says = {"unknown environment variable 'QUORATE_LOG_LEVLE'",
                "did you mean 'QUORATE_LOG_LEVEL'?"}},
      {.environment = {{"QUORATE_LOG_LEVEL", "loud"}}, .says = {"QUORATE_LOG_LEVEL: 'loud' is"}},
      {.file = "\nlog_levle = \"info\"\n",
       .says = {file_path + ":2: unknown key 'log_levle'", "did you mean 'log_level'?"}},
      {.file = "log_level = \n", .says = {file_path + ":1: "}},
      {.flags = {"--config=/nowhere/quorate.toml"},
       .says = {"cannot read configuration file '/nowhere/quorate.toml'", "No such file"}},
      {.flags = {"--cluster-id=quorate"},
       .says = {"--cluster-id: 'quorate' is not a cluster id", "quoratectl cluster new-id"}},
  };
}

// Returns advertised addresses that cannot be dialled, each passed with the given option.
std::vector<BadConfiguration> BadAddresses(const std::string& option) {
  return {
      {.flags = {option + "=0.0.0.0:9090"},
       .says = {option + ": '0.0.0.0:9090' is a wildcard", "name the host that others use"}},
      {.flags = {option + "=[::]:9090"}, .says = {"is a wildcard", "name the host"}},
      {.flags = {option + "=host"}, .says = {option + ": 'host' has no port: expected HOST:PORT"}},
      {.flags = {option + "=host:0"}, .says = {"'host:0' has port 0, which others cannot dial"}},
      {.flags = {option + "=host:http"}, .says = {"has no port from 0 to 65535"}},
      {.flags = {option + "=:9090"}, .says = {"':9090' has no host: expected HOST:PORT"}},
      {.flags = {option + "=256.0.0.1:9090"}, .says = {"neither a host name nor an address"}},
      {.flags = {option + "=::1:9090"}, .says = {"an IPv6 address is written [ADDRESS]:PORT"}},
  };
}

TEST(BadInputTest, AControllerRefusesAWrongConfiguration) {
  const Cluster cluster;
  const std::string file = cluster.directory() + "/controller.toml";
  const Command good = cluster.ControllerCommand(1);
  ExpectRefused(good, file, BadForBoth(file));
  ExpectRefused(good, file, BadAddresses("--client-advertise"));
  ExpectRefused(good, file, BadAddresses("--peer-advertise"));
  ExpectRefused(
      good, file,
      {
          {.flags = {"--node-id=4"},
           .says = {"this node (node-id 4) is not in voters, which lists 1, 2, 3", "correct one"}},
          {.flags = {"--voters=1@a:1,2@b:1,2@c:1"}, .says = {"--voters: node 2 is listed twice"}},
          {.flags = {"--voters=1@a:1,2@b:1,3@b:1"},
           .says = {"nodes 2 and 3 have the same endpoint b:1"}},
          {.flags = {"--voters=1@a:1,2,3@c:1"}, .says = {"'2' is not ID@HOST:PORT"}},
          {.flags = {"--voters=1@a:1,2@0.0.0.0:1,3@c:1"}, .says = {"'0.0.0.0:1' is a wildcard"}},
          {.flags = {"--node-id=-1"}, .says = {"--node-id: '-1' is not a whole number from 0"}},
          {.flags = {"--peer-listen=" + cluster.ControllerEndpoint(1)},
           .says = {"client-listen and peer-listen are both", "give them different ports"}},
          {.flags = {"--heartbeat-interval-ms=400"},
           .says = {"heartbeat-interval-ms 400 is more than half of election-timeout-min-ms 500"}},
      });
  EXPECT_FALSE(fs::exists(cluster.ControllerDirectory(1)));
}

TEST(BadInputTest, ABrokerRefusesAWrongConfiguration) {
  const Cluster cluster({.brokers = 1});
  const std::string file = cluster.directory() + "/broker.toml";
  const Command good = cluster.BrokerCommand(1);
  ExpectRefused(good, file, BadForBoth(file));
  ExpectRefused(good, file, BadAddresses("--advertise"));
  ExpectRefused(good, file,
                {
                    {.flags = {"--bootstrap=host"}, .says = {"--bootstrap: 'host' has no port"}},
                    {.flags = {"--bootstrap=a:1,a:1"}, .says = {"'a:1' is listed twice"}},
                    {.flags = {"--bootstrap=" + cluster.BrokerEndpoint(1)},
                     .says = {"which is this broker itself", "name the controllers'"}},
                    {.flags = {"--broker-id=one"}, .says = {"'one' is not a whole number"}},
                });
  EXPECT_FALSE(fs::exists(cluster.BrokerDirectory(1)));
}

TEST(BadInputTest, AWildcardListenerNeedsAnAdvertisedAddress) {
  const Cluster cluster({.brokers = 1});
  Command controller = With(cluster.ControllerCommand(1), "--client-listen=0.0.0.0:0");
  std::erase_if(controller, [](const auto& f) { return f.rfind("--client-advertise=", 0) == 0; });
  EXPECT_THAT(
      Refusal(controller, kBadConfiguration),
      AllOf(HasSubstr("client-listen 0.0.0.0:0 is a wildcard"),
            HasSubstr("set client-advertise to the host and port that brokers and tools use")));
  Command broker = With(cluster.BrokerCommand(1), "--listen=0.0.0.0:0");
  std::erase_if(broker, [](const auto& f) { return f.rfind("--advertise=", 0) == 0; });
  EXPECT_THAT(Refusal(broker, kBadConfiguration),
              AllOf(HasSubstr("listen 0.0.0.0:0 is a wildcard"), HasSubstr("set advertise")));
}

TEST(BadInputTest, APortInUseIsNamedAndNoDataIsMade) {
  const Cluster cluster({.brokers = 1});
  LoopbackSocket taken;
  taken.Listen();
  const std::string address = absl::StrFormat("127.0.0.1:%d", taken.port());
  const auto expect_refused = [&](const Command& command, const std::string& option) {
    EXPECT_THAT(Refusal(With(command, "--" + option + "=" + address), kFailed),
                AllOf(HasSubstr(option + " " + address + ": Address already in use"),
                      HasSubstr("stop the process that listens there, or choose another port")));
  };
  expect_refused(cluster.ControllerCommand(1), "client-listen");
  expect_refused(cluster.ControllerCommand(1), "peer-listen");
  expect_refused(cluster.ControllerCommand(1), "metrics-listen");
  expect_refused(cluster.BrokerCommand(1), "listen");
  expect_refused(cluster.BrokerCommand(1), "metrics-listen");
  EXPECT_FALSE(fs::exists(cluster.ControllerDirectory(1)));
  EXPECT_FALSE(fs::exists(cluster.BrokerDirectory(1)));
}

TEST(BadInputTest, AnEvenNumberOfVotersIsAWarningThatSaysWhy) {
  Cluster cluster({.controllers = 2});
  cluster.Start();
  for (const int node : {1, 2}) {
    EXPECT_THAT(cluster.controller(node).Log(),
                HasSubstr("2 voters tolerate no more failures (0) than 1 would, and each write "
                          "needs one more acknowledgement: use an odd number"));
  }
}

}  // namespace
}  // namespace quorate::testing
