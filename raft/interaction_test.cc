// Runs the transcripts of testdata/: what several nodes do, step by step, as text that reads as a
// story. A block is prose (lines that begin with '#'), commands (testing/cluster_shell.h), `----`,
// and the output of the commands. With QUORATE_REWRITE=1 in the environment the outputs are written
// into the files instead of compared: review the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "raft/testing/cluster_shell.h"

namespace quorate::raft {
namespace {

std::vector<std::string> Transcripts() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator("testdata")) {
    names.push_back(file.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The transcript with the outputs that its commands have now.
std::string Replay(const std::string& transcript) {
  ClusterShell shell;
  std::istringstream in(transcript);
  std::string replayed;
  std::string output;
  bool in_output = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "----") {
      replayed += line + "\n" + output;
      output.clear();
      in_output = true;
    } else if (line.empty()) {
      replayed += "\n";
      in_output = false;
    } else if (!in_output) {
      replayed += line + "\n";
      if (line[0] != '#') output += shell.Run(line);
    }
  }
  return replayed;
}

class InteractionTest : public ::testing::TestWithParam<std::string> {};

TEST_P(InteractionTest, GoesAsWritten) {
  const std::string path = "testdata/" + GetParam() + ".txt";
  const std::string expected = ReadFile(path);
  const std::string actual = Replay(expected);
  if (std::getenv("QUORATE_REWRITE") != nullptr) {
    std::ofstream(path) << actual;
    GTEST_SKIP() << path << " rewritten";
  }
  EXPECT_EQ(actual, expected);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, InteractionTest, ::testing::ValuesIn(Transcripts()),
                         [](const auto& transcript) { return transcript.param; });

}  // namespace
}  // namespace quorate::raft
