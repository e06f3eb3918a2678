// Runs the transcripts in testdata/, which show the controller's behaviour as stories.
#include <gtest/gtest.h>

#include "controller/testing/controller_story.h"
#include "tests/interaction/transcript.h"

namespace quorate::controller {
namespace {

class ControllerTranscripts : public ::testing::TestWithParam<std::string> {};

TEST_P(ControllerTranscripts, Run) {
  ControllerStory story(/*controllers=*/2);
  RunTranscript(GetParam(), [&](const TranscriptCommand& command) { return story.Run(command); });
}

INSTANTIATE_TEST_SUITE_P(Stories, ControllerTranscripts,
                         ::testing::ValuesIn(TranscriptsIn("testdata")),
                         [](const auto& file) { return TranscriptName(file.param); });

}  // namespace
}  // namespace quorate::controller
