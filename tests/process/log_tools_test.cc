// quoratectl on the log of real controllers: the log is read offline, followed while it grows, and
// recovered after the quorum is lost.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

RunResult Quoratectl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), QuoratectlProgram());
  return Run(arguments);
}

std::vector<Json> ParseLines(const std::string& text) {
  std::vector<Json> lines;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
    lines.push_back(Json::parse(line));
  }
  return lines;
}

class LogToolsTest : public ::testing::Test {
 protected:
  LogToolsTest() { cluster_.Start(); }

  void KillAll() {
    for (const int node : {1, 2, 3}) cluster_.controller(node).Kill();
  }

  Cluster cluster_{{.controllers = 3, .brokers = 1}};
  client::AdminClient client_ = cluster_.Client();
};

TEST_F(LogToolsTest, TheTailIsWhatTheDumpsHold) {
  CreateTopic(client_, "orders", 1, 1);
  const RunResult tail = Quoratectl({"log", "tail", "--from-start", "--entries", "5", "--output",
                                     "json", "--bootstrap", cluster_.Bootstrap()});
  EXPECT_EQ(tail.status.code, 0) << tail.errors;
  cluster_.AwaitReady();
  KillAll();
  for (const int node : {1, 2, 3}) {
    const RunResult dump = Quoratectl({"log", "dump", "--to", "5", "--output", "json", "--data-dir",
                                       cluster_.ControllerDirectory(node)});
    EXPECT_EQ(dump.status.code, 0) << dump.errors;
    std::vector<Json> entries = ParseLines(dump.output);
    ASSERT_EQ(entries.size(), 5u);
    for (Json& entry : entries) {
      // Subscribers do not receive these fields.
      entry["index"] = nullptr;
      entry["request_id"] = nullptr;
      if (entry["cause"] == "activation: the first voter set") entry["records"] = Json::array();
    }
    EXPECT_EQ(entries, ParseLines(tail.output));
  }
}

TEST_F(LogToolsTest, TheDumpSaysWhatHappenedAndWhy) {
  CreateTopic(client_, "orders", 1, 1);
  const std::string directory = cluster_.ControllerDirectory(1);
  const RunResult in_use = Quoratectl({"log", "dump", "--data-dir", directory});
  EXPECT_EQ(in_use.status.code, 1);
  EXPECT_THAT(in_use.errors, HasSubstr("is in use by another process (pid "));
  cluster_.AwaitReady();
  KillAll();
  const RunResult dump = Quoratectl({"log", "dump", "--data-dir", directory});
  EXPECT_EQ(dump.status.code, 0) << dump.errors;
  EXPECT_THAT(dump.output,
              AllOf(HasSubstr(" elected after "), HasSubstr("\n    Voter 2 directory="),
                    HasSubstr("register broker 1"), HasSubstr("\n    Topic \"orders\" id=")));
  const RunResult verify = Quoratectl({"log", "verify", "--data-dir", directory});
  EXPECT_EQ(verify.status.code, 0) << verify.errors;
  EXPECT_THAT(verify.output, HasSubstr("The log is intact: "));
}

TEST_F(LogToolsTest, VerifyTellsTheRemedyOfADamagedLog) {
  const std::string directory = cluster_.ControllerDirectory(1);
  ASSERT_TRUE(WaitFor([&] { return fs::exists(directory + "/watermark"); }));
  KillAll();
  fs::resize_file(directory + "/watermark", 10);
  const RunResult verify = Quoratectl({"log", "verify", "--data-dir", directory});
  EXPECT_EQ(verify.status.code, 1);
  EXPECT_THAT(verify.errors,
              AllOf(HasSubstr(directory + "/watermark"), HasSubstr("put them back")));
}

TEST_F(LogToolsTest, TheTailGoesOnThroughAFailover) {
  CreateTopic(client_, "before", 1, 1);
  Process tail({QuoratectlProgram(), "log", "tail", "--output", "json", "--from-start",
                "--bootstrap", cluster_.Bootstrap()},
               cluster_.directory() + "/tail.log");
  const auto shows = [&](const std::string& topic) {
    return WaitFor([&] { return tail.Log().find("\"Topic \\\"" + topic) != std::string::npos; });
  };
  ASSERT_TRUE(shows("before")) << tail.Log();
  const int active = cluster_.AwaitActive();
  cluster_.controller(active).Kill();
  CreateTopic(client_, "after", 1, 1);
  ASSERT_TRUE(shows("after")) << tail.Log();
  tail.Kill();
  // Each offset once, in order.
  int64_t next = 0;
  for (const Json& entry : ParseLines(tail.Log())) {
    EXPECT_EQ(entry["base_offset"], next) << entry;
    next = entry["base_offset"].get<int64_t>() + entry["record_count"].get<int64_t>();
  }
}

TEST_F(LogToolsTest, ASurvivorGoesOnWhenTheQuorumIsGone) {
  CreateTopic(client_, "kept", 1, 1);
  cluster_.AwaitReady();
  KillAll();
  const std::vector<std::string> order = {"quorum",     "recover",
                                          "--reason",   "hosts 2 and 3 burnt",
                                          "--data-dir", cluster_.ControllerDirectory(1)};

  std::vector<std::string> needless = order;
  needless.insert(needless.end(), {"--data-dir", cluster_.ControllerDirectory(2), "--yes"});
  const RunResult refused = Quoratectl(needless);
  EXPECT_EQ(refused.status.code, 1);
  EXPECT_THAT(refused.errors,
              HasSubstr("2 of the 3 voters have an intact log, which is a majority"));

  for (const int node : {2, 3}) fs::remove_all(cluster_.ControllerDirectory(node));
  const RunResult rehearsal = Quoratectl(order);
  EXPECT_EQ(rehearsal.status.code, 0) << rehearsal.errors;
  EXPECT_THAT(rehearsal.output,
              AllOf(HasSubstr("May be lost: later changes that controllers 2, 3 acknowledged"),
                    HasSubstr("Nothing was changed.")));
  std::vector<std::string> in_earnest = order;
  in_earnest.push_back("--yes");
  const RunResult recovered = Quoratectl(in_earnest);
  EXPECT_EQ(recovered.status.code, 0) << recovered.errors;
  EXPECT_THAT(recovered.output, HasSubstr("Controller 1 is the only voter from epoch 1000"));

  cluster_.StartController(1);
  cluster_.AwaitReady({1});
  client::AdminClient alone = cluster_.Client({1});
  EXPECT_THAT(TopicNames(alone), ElementsAre("kept"));
  CreateTopic(alone, "new", 1, 1);
  cluster_.controller(1).Kill();
  const RunResult dump = Quoratectl({"log", "dump", "--data-dir", cluster_.ControllerDirectory(1)});
  EXPECT_THAT(dump.output, HasSubstr("quorum recover: controller 1 is the only voter, before: "
                                     "1,2,3; hosts 2 and 3 burnt  by "));
}

}  // namespace
}  // namespace quorate::testing
