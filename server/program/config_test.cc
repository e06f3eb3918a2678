#include "server/program/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/program/config_values.h"
#include "server/program/manual.h"

namespace quorate::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    options_.manual = {.name = "program",
                       .summary = "does it",
                       .description = "It does it.",
                       .sections = {{"EXIT STATUS", {"Zero or not."}}}};
    options_.groups = {{"Identity",
                        {{.name = "node-id",
                          .value_name = "N",
                          .help = "Its number.",
                          .set = SetInteger(&node_id_, 0, 100),
                          .required = true}}},
                       {"Network",
                        {{.name = "bootstrap-servers",
                          .value_name = "HOST:PORT,...",
                          .help = "Whom to ask.",
                          .set = SetEndpoints(&endpoints_)},
                         {.name = "session-timeout-ms",
                          .value_name = "MS",
                          .help = "How long to wait.",
                          .set = SetMilliseconds(&timeout_, 1, 10'000),
                          .default_text = "9000"}}}};
  }

  ~ConfigTest() override { std::filesystem::remove(path_); }

  std::string WriteFile(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }

  absl::StatusOr<ConfigOutcome> Load(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    return LoadConfig(options_, static_cast<int>(arguments.size()), arguments.data(), environment_);
  }

  std::string ErrorOf(std::vector<const char*> arguments) {
    return std::string(Load(std::move(arguments)).status().message());
  }

  ProgramOptions options_;
  std::map<std::string, std::string> environment_;
  int64_t node_id_ = -1;
  std::vector<HostPort> endpoints_;
  Duration timeout_{};

 private:
  const std::string path_ = testing::TempDir() + "config_test_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() +
                            std::to_string(getpid());
};

TEST_F(ConfigTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string path = WriteFile("node_id = 1\nsession_timeout_ms = 100\n");
  environment_ = {{"QUORATE_SESSION_TIMEOUT_MS", "200"}, {"QUORATE_NODE_ID", "2"}};
  ASSERT_EQ(*Load({"--config", path.c_str(), "--node-id", "3"}), ConfigOutcome::kRun);
  EXPECT_EQ(node_id_, 3);
  EXPECT_EQ(timeout_, std::chrono::milliseconds(200));

  environment_ = {{"QUORATE_CONFIG", path}, {"QUORATE_NODE_ID", ""}};
  ASSERT_EQ(*Load({}), ConfigOutcome::kRun);
  EXPECT_EQ(node_id_, 1);
  EXPECT_EQ(timeout_, std::chrono::milliseconds(100));

  environment_.clear();
  ASSERT_EQ(*Load({"--node-id=4"}), ConfigOutcome::kRun);
  EXPECT_EQ(timeout_, std::chrono::milliseconds(9000));
}

TEST_F(ConfigTest, AProfileReplacesDefaultsAndNothingThatIsGiven) {
  std::string profile;
  options_.groups[1].options.push_back({.name = kProfileOption,
                                        .value_name = "NAME",
                                        .help = "Where it runs.",
                                        .set = SetChoice(&profile, {"near", "far"}),
                                        .default_text = "near"});
  options_.groups[1].options[1].profile_defaults = {{"far", "9999"}};
  ASSERT_TRUE(Load({"--node-id", "1"}).ok());
  EXPECT_EQ(timeout_, std::chrono::milliseconds(9000));
  ASSERT_TRUE(Load({"--node-id", "1", "--profile", "far"}).ok());
  EXPECT_EQ(timeout_, std::chrono::milliseconds(9999));
  environment_ = {{"QUORATE_PROFILE", "far"}};
  ASSERT_TRUE(Load({"--node-id", "1"}).ok());
  EXPECT_EQ(timeout_, std::chrono::milliseconds(9999));

  testing::internal::CaptureStdout();
  ASSERT_TRUE(Load({"--node-id", "1", "--check-config"}).ok());
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, HasSubstr("\nsession_timeout_ms = 9999  # profile far\n"));
  EXPECT_THAT(text, HasSubstr("\nprofile = \"far\"  # QUORATE_PROFILE\n"));

  // A file sets the value, and a variable the profile: the value counts.
  const std::string path = WriteFile("session_timeout_ms = 9000\n");
  ASSERT_TRUE(Load({"--node-id", "1", "--config", path.c_str()}).ok());
  EXPECT_EQ(timeout_, std::chrono::milliseconds(9000));
  EXPECT_THAT(ErrorOf({"--node-id=1", "--profile=off"}),
              HasSubstr("'off' is not one of near, far"));
  EXPECT_THAT(RenderManual(options_), HasSubstr("Default: 9000 (far: 9999)."));
}

TEST_F(ConfigTest, ListsAreTomlArraysOrCommaSeparated) {
  const std::string path =
      WriteFile("node_id = 1\nbootstrap_servers = [\"a:1\", \"b:2\"]  # two\n");
  ASSERT_TRUE(Load({"--config", path.c_str()}).ok());
  EXPECT_EQ(endpoints_, (std::vector<HostPort>{{"a", 1}, {"b", 2}}));
  ASSERT_TRUE(Load({"--config", path.c_str(), "--bootstrap-servers", "c:3,d:4"}).ok());
  EXPECT_EQ(endpoints_, (std::vector<HostPort>{{"c", 3}, {"d", 4}}));
}

TEST_F(ConfigTest, UnknownNamesAreRefusedWithTheNearestKnownOne) {
  EXPECT_EQ(ErrorOf({"--nodeid", "1"}), "unknown flag '--nodeid'; did you mean '--node-id'?");
  EXPECT_EQ(ErrorOf({"--node-ids=1"}), "unknown flag '--node-ids=1'; did you mean '--node-id'?");
  EXPECT_EQ(ErrorOf({"--frobnicate"}), "unknown flag '--frobnicate'");
  EXPECT_EQ(ErrorOf({"--node-id", "1", "start"}), "unexpected argument 'start'");

  const std::string path = WriteFile("node_id = 1\n\nsession-timeout-ms = 5\n");
  EXPECT_EQ(ErrorOf({"--config", path.c_str()}),
            path + ":3: unknown key 'session-timeout-ms'; did you mean 'session_timeout_ms'?");
}

TEST_F(ConfigTest, OnlyMisspelledVariablesAreRefused) {
  environment_ = {{"QUORATE_SERVICE_HOST", "10.0.0.1"}, {"QUORATE_OUTPUT", "json"}};
  EXPECT_TRUE(Load({"--node-id", "1"}).ok());
  environment_ = {{"QUORATE_NODEID", "1"}};
  EXPECT_EQ(ErrorOf({}),
            "unknown environment variable 'QUORATE_NODEID'; did you mean 'QUORATE_NODE_ID'?");
}

TEST_F(ConfigTest, ABadValueIsReportedWithItsSource) {
  EXPECT_EQ(ErrorOf({"--node-id", "101"}), "--node-id: '101' is not a whole number from 0 to 100");
  EXPECT_THAT(ErrorOf({"--node-id"}), HasSubstr("--node-id"));
  EXPECT_EQ(ErrorOf({"--node-id", "1", "--node-id", "2"}), "--node-id is given 2 times");
  environment_ = {{"QUORATE_NODE_ID", "one"}};
  EXPECT_EQ(ErrorOf({}), "QUORATE_NODE_ID: 'one' is not a whole number from 0 to 100");
  environment_.clear();
  const std::string path = WriteFile("# comment\nnode_id = -1\n");
  EXPECT_EQ(ErrorOf({"--config", path.c_str()}),
            path + ":2: node_id: '-1' is not a whole number from 0 to 100");
}

TEST_F(ConfigTest, AFileThatIsNoFlatTomlIsRefusedWithTheLine) {
  EXPECT_THAT(ErrorOf({"--config", "/nonexistent.toml"}),
              HasSubstr("'/nonexistent.toml': No such"));
  std::string path = WriteFile("node_id = 1\nnode_id = 2\n");
  EXPECT_THAT(ErrorOf({"--config", path.c_str()}), HasSubstr(path + ":2: "));
  path = WriteFile("node_id = [1\n");
  EXPECT_THAT(ErrorOf({"--config", path.c_str()}), HasSubstr(path + ":"));
  path = WriteFile("[node_id]\nx = 1\n");
  EXPECT_THAT(ErrorOf({"--config", path.c_str()}), HasSubstr("options must not be in tables"));
  path = WriteFile("node_id = 1.5\n");
  EXPECT_THAT(ErrorOf({"--config", path.c_str()}), HasSubstr(":1: node_id: expected a string"));
}

TEST_F(ConfigTest, AMissingOptionIsReportedWithItsThreeNames) {
  EXPECT_EQ(ErrorOf({}),
            "node-id is not set: give --node-id, QUORATE_NODE_ID, or node_id in a configuration "
            "file");
}

TEST_F(ConfigTest, SettersRefuseWhatCannotBeMeant) {
  EXPECT_THAT(ErrorOf({"--node-id", "1", "--bootstrap-servers", "a:1,a:1"}),
              HasSubstr("'a:1' is listed twice"));
  EXPECT_THAT(ErrorOf({"--node-id", "1", "--bootstrap-servers", "a:1,"}), HasSubstr("no port"));
  std::string cluster_id;
  EXPECT_TRUE(SetClusterId(&cluster_id)("MkU3OEVBNTcwNTJENDM2Qg").ok());
  for (const char* bad : {"", "short", "AAAAAAAAAAAAAAAAAAAAAA", "MkU3OEVBNTcwNTJENDM2Q!"}) {
    EXPECT_THAT(std::string(SetClusterId(&cluster_id)(bad).message()),
                HasSubstr("quoratectl cluster new-id"));
  }
  EXPECT_EQ(cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
  std::string level;
  EXPECT_TRUE(SetChoice(&level, {"info", "error"})("info").ok());
  EXPECT_EQ(SetChoice(&level, {"info", "error"})("debug").message(),
            "'debug' is not one of info, error");
  std::optional<HostPort> address;
  EXPECT_TRUE(SetListen(&address)("0.0.0.0:0").ok());
  EXPECT_FALSE(SetAdvertised(&address)("0.0.0.0:1").ok());
  EXPECT_EQ(address->ToString(), "0.0.0.0:0");
}

TEST_F(ConfigTest, TheManualNamesEverythingWithin80Columns) {
  const std::string page = RenderManual(options_);
  for (const char* text : {"NAME\n    program - does it", "program --node-id N [--OPTION VALUE]...",
                           "  Network\n", "--session-timeout-ms MS\n", "Default: 9000.",
                           "Its number. Required.", "QUORATE_LOG_LEVEL", "EXIT STATUS\n    Zero"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  EXPECT_THAT(page, Not(testing::ContainsRegex("[^\n]{81}")));
}

TEST(NearestNameTest, FindsSlipsAndNothingElse) {
  const std::vector<std::string> names = {"voters", "data-dir"};
  EXPECT_EQ(NearestName("voter", names), "voters");
  EXPECT_EQ(NearestName("datadir", names), "data-dir");
  EXPECT_EQ(NearestName("vote-list", names), "");
}

TEST_F(ConfigTest, CheckConfigPrintsEveryValueWithItsSource) {
  environment_["QUORATE_BOOTSTRAP_SERVERS"] = "a:1,b:2";
  testing::internal::CaptureStdout();
  const auto outcome = Load({"--node-id", "7", "--check-config"});
  const std::string text = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, ConfigOutcome::kShown);
  EXPECT_THAT(text, HasSubstr(": this configuration is valid.\n"));
  EXPECT_THAT(text, HasSubstr("\nnode_id = 7  # --node-id\n"));
  EXPECT_THAT(text, HasSubstr("\nbootstrap_servers = \"a:1,b:2\"  # QUORATE_BOOTSTRAP_SERVERS\n"));
  EXPECT_THAT(text, HasSubstr("\nsession_timeout_ms = 9000  # default\n"));
}

TEST_F(ConfigTest, TheOutputOfCheckConfigIsAConfigurationFile) {
  std::string text;
  options_.groups[1].options.push_back(
      {.name = "note", .value_name = "TEXT", .help = "A note.", .set = SetText(&text)});
  const std::string note = "a \"b\" \\ c\td # e = 'f'";
  testing::internal::CaptureStdout();
  ASSERT_TRUE(Load({"--node-id=7", "--note", note.c_str(), "--check-config"}).ok());
  const std::string file = WriteFile(testing::internal::GetCapturedStdout());
  node_id_ = 0;
  text.clear();
  const auto outcome = Load({"--config", file.c_str()});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(node_id_, 7);
  EXPECT_EQ(text, note);
}

TEST_F(ConfigTest, CheckConfigNamesWhatIsNotSetAndWarns) {
  options_.check = [] { return std::vector<std::string>{"this is odd"}; };
  testing::internal::CaptureStdout();
  ASSERT_TRUE(Load({"--node-id=7", "--check-config"}).ok());
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, HasSubstr("\n# bootstrap_servers is not set\n"));
  EXPECT_THAT(text, HasSubstr("\n# Warning: this is odd.\n"));
}

TEST_F(ConfigTest, CheckConfigReportsTheSameErrorsAsAStart) {
  EXPECT_THAT(ErrorOf({"--check-config"}), HasSubstr("node-id is not set"));
  EXPECT_THAT(ErrorOf({"--check-config", "--node-id=x"}), HasSubstr("'x' is not a whole number"));
  options_.check = []() -> absl::StatusOr<std::vector<std::string>> {
    return absl::InvalidArgumentError("these do not fit");
  };
  EXPECT_EQ(ErrorOf({"--check-config", "--node-id=1"}), "these do not fit");
  EXPECT_EQ(ErrorOf({"--node-id=1"}), "these do not fit");
}

TEST_F(ConfigTest, AMisspelledSwitchGetsASuggestion) {
  EXPECT_THAT(ErrorOf({"--chek-config"}), HasSubstr("did you mean '--check-config'?"));
}

}  // namespace
}  // namespace quorate::server
