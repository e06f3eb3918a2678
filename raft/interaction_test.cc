// Runs the transcripts in testdata/. They show step by step what several nodes do.
#include <gtest/gtest.h>

#include "raft/testing/cluster_shell.h"
#include "tests/interaction/transcript.h"

namespace quorate::raft {
namespace {

class InteractionTest : public ::testing::TestWithParam<std::string> {};

TEST_P(InteractionTest, GoesAsWritten) {
  ClusterShell shell;
  RunTranscript(GetParam(), [&](const TranscriptCommand& command) { return shell.Run(command); });
}

INSTANTIATE_TEST_SUITE_P(Transcripts, InteractionTest,
                         ::testing::ValuesIn(TranscriptsIn("testdata")),
                         [](const auto& file) { return TranscriptName(file.param); });

}  // namespace
}  // namespace quorate::raft
