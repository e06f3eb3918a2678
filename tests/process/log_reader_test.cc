// A controller whose log output is not read, and what its operator can do with the log at run time.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;

std::string ContentOf(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

// Runs the only controller of a cluster. Its standard error is a named pipe that this test reads.
class LogPipeTest : public ::testing::Test {
 protected:
  LogPipeTest() {
    CHECK_EQ(mkfifo(path_.c_str(), 0600), 0);
    reader_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK_GE(reader_, 0);
    std::vector<std::string> command = cluster_.ControllerCommand(1);
    command.emplace_back("--log-level=debug");
    controller_.emplace(
        std::vector<std::string>{
            "/bin/sh", "-c",
            absl::StrFormat("exec '%s' 2>'%s'", absl::StrJoin(command, "' '"), path_)},
        cluster_.directory() + "/shell.log");
    cluster_.StartBroker(1);
    cluster_.AwaitUnfencedBrokers(1);
  }
  ~LogPipeTest() override { CloseReader(); }

  void CloseReader() {
    if (reader_ >= 0) close(reader_);
    reader_ = -1;
  }

  // Each creation is a change, which the controller logs.
  void MakeChanges(int count) {
    client::AdminClient client = cluster_.Client();
    for (int i = 0; i < count; ++i) CreateTopic(client, absl::StrFormat("topic-%d", i), 1, 1);
  }

  void ExpectStopsInGoodOrder() {
    controller_->Signal(SIGTERM);
    const auto status = controller_->Wait(kPatience);
    ASSERT_TRUE(status) << "it does not stop";
    EXPECT_EQ(status->code, 0) << status->ToString();
  }

  Cluster cluster_{{.controllers = 1, .brokers = 1}};
  const std::string path_ = cluster_.directory() + "/log.fifo";
  int reader_ = -1;
  std::optional<Process> controller_;
};

TEST_F(LogPipeTest, AReaderThatStoppedStopsNothing) {
  // The smallest possible pipe: the first changes fill it.
  CHECK_GE(fcntl(reader_, F_SETPIPE_SZ, 4096), 0);
  MakeChanges(200);
  ExpectStopsInGoodOrder();
}

TEST_F(LogPipeTest, AReaderThatDiedEndsNothing) {
  CloseReader();
  MakeChanges(10);
  ExpectStopsInGoodOrder();
}

TEST(LogFileTest, SignalsOpenTheFileAnewAndSwitchTheLevel) {
  Cluster cluster({.controllers = 1});
  const std::string file = cluster.directory() + "/quorate-controller-1.log";
  cluster.StartController(1, {"--log-dir=" + cluster.directory()});
  cluster.AwaitReady();
  EXPECT_THAT(ContentOf(file), HasSubstr("controller 1 leads"));

  ASSERT_EQ(rename(file.c_str(), (file + ".1").c_str()), 0);
  cluster.controller(1).Signal(SIGHUP);
  EXPECT_TRUE(WaitFor([&] { return std::filesystem::exists(file); }));
  cluster.controller(1).Signal(SIGUSR1);
  EXPECT_TRUE(WaitFor(
      [&] { return ContentOf(file).find("the log level is now debug") != std::string::npos; }));
  cluster.controller(1).Signal(SIGUSR1);
  EXPECT_TRUE(WaitFor(
      [&] { return ContentOf(file).find("the log level is now info") != std::string::npos; }));
  EXPECT_THAT(ContentOf(file), HasSubstr("reopened the log file"));
}

TEST(LogFileTest, JsonLinesAreObjects) {
  Cluster cluster({.controllers = 1,
                   .brokers = 1,
                   .controller_flags = {"--log-format=json"},
                   .broker_flags = {"--log-format=json"}});
  cluster.Start();
  for (const std::string& log : {cluster.controller(1).Log(), cluster.broker(1).Log()}) {
    int lines = 0;
    for (const auto line : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
      const auto json = nlohmann::json::parse(std::string(line), nullptr, /*exceptions=*/false);
      ASSERT_TRUE(json.is_object()) << line;
      for (const char* key : {"time", "level", "thread", "source", "message"}) {
        EXPECT_TRUE(json.contains(key)) << key << " is not in " << line;
      }
      ++lines;
    }
    EXPECT_GT(lines, 3);
  }
}

TEST(LogFileTest, QuoratectlSetsTheLevelOfAControllerAndOfABroker) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  const std::string controller = cluster.Bootstrap();
  const std::string broker = cluster.BrokerEndpoint(1);
  const auto log_level = [&](const std::string& level) {
    std::vector<std::string> command = {QuoratectlProgram(), "debug", "log-level", "--bootstrap",
                                        controller + "," + broker};
    if (!level.empty()) command.push_back(level);
    return testing::Run(command);
  };
  EXPECT_EQ(log_level("").output, controller + "  info\n" + broker + "  info\n");
  EXPECT_EQ(log_level("debug").output,
            controller + "  debug, was info\n" + broker + "  debug, was info\n");
  EXPECT_EQ(log_level("").output, controller + "  debug\n" + broker + "  debug\n");
  EXPECT_TRUE(WaitFor([&] {
    return cluster.controller(1).Log().find("the log level is now debug, as ") != std::string::npos;
  }));

  const RunResult loud = log_level("loud");
  EXPECT_EQ(loud.status.code, 1) << loud.errors;
  EXPECT_THAT(loud.output, HasSubstr("log level 'loud' is not one of debug, info, warning, error"));
  EXPECT_EQ(log_level("").output, controller + "  debug\n" + broker + "  debug\n");

  cluster.broker(1).Kill();
  const RunResult gone = log_level("info");
  EXPECT_EQ(gone.status.code, 3) << gone.output;
  EXPECT_THAT(gone.output, HasSubstr(controller + "  info, was debug\n"));
}

}  // namespace
}  // namespace quorate::testing
