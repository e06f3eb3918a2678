#include "tests/interaction/transcript.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace quorate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TranscriptCommandTest, IsANameAndArguments) {
  const auto command = TranscriptCommand::Parse(
      R"(create topic=orders replicas=1,2,3 after=500ms why="two words" x)");
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(command->name(), "create");
  EXPECT_EQ(command->Get("topic"), "orders");
  EXPECT_THAT(command->GetInts("replicas"), ElementsAre(1, 2, 3));
  EXPECT_EQ(command->GetMs("after"), 500);
  EXPECT_EQ(command->Get("why"), "two words");
  EXPECT_TRUE(command->Has("x"));
  EXPECT_FALSE(command->Has("y"));
  EXPECT_EQ(command->GetInt("y", 7), 7);
  EXPECT_THAT(command->Unused(), IsEmpty());
}

TEST(TranscriptCommandTest, KnowsWhatNobodyAskedFor) {
  const auto command = TranscriptCommand::Parse("create topic=orders partitons=3");
  command->Get("topic");
  EXPECT_THAT(command->Unused(), ElementsAre("partitons"));
}

TEST(TranscriptCommandTest, QuotesMustMatch) {
  EXPECT_FALSE(TranscriptCommand::Parse(R"(create why="two)").has_value());
}

class TranscriptTest : public ::testing::Test {
 protected:
  ~TranscriptTest() override { unsetenv("QUORATE_REWRITE_TRANSCRIPTS"); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  std::string Read() {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  // Returns the value of "say" as output. The command "quiet" has no output.
  static std::string Echo(const TranscriptCommand& command) {
    return command.name() == "quiet" ? "" : command.Get("say") + "\n";
  }

  // Each test case has its own file, because ctest runs the cases in parallel.
  const std::string path_ = ::testing::TempDir() +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                            ".txt";
};

TEST_F(TranscriptTest, OutputThatIsAsExpectedPasses) {
  Write("Prose.\n\nMore prose\nover two lines.\n\necho say=a\nquiet\necho say=b\n----\na\nb\n");
  RunTranscript(path_, Echo);
}

TEST_F(TranscriptTest, ADifferenceFails) {
  Write("echo say=a\n----\nb\n");
  EXPECT_NONFATAL_FAILURE(RunTranscript(path_, Echo), "actual:\na\n");
}

TEST_F(TranscriptTest, AnUnknownArgumentFails) {
  Write("echo say=a sya=b\n----\na\n");
  EXPECT_NONFATAL_FAILURE(RunTranscript(path_, Echo), "nobody knows the argument sya");
}

TEST_F(TranscriptTest, RewritingKeepsEverythingButTheOutput) {
  Write("Prose.\n\necho say=a\n----\nwrong\n\nquiet\n----\n\nThe end.\n");
  setenv("QUORATE_REWRITE_TRANSCRIPTS", "1", 1);
  RunTranscript(path_, Echo);
  EXPECT_EQ(Read(), "Prose.\n\necho say=a\n----\na\n\nquiet\n----\n\nThe end.\n");
}

}  // namespace
}  // namespace quorate
