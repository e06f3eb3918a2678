// Random stories of a cluster. Run longer, or again with the seed that a failure prints:
//
//   RC_PARAMS="max_success=5000" build/release/tests/properties/properties_test
//   RC_PARAMS="seed=17" build/release/tests/properties/properties_test
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/properties/shared_text.h"
#include "tests/properties/step.h"
#include "tests/properties/story.h"
#include "tests/sim/child_run.h"

namespace quorate::properties {
namespace {

constexpr int kLimitSeconds = 30;

// A child process plays the story, so that RapidCheck can shrink one that fails a CHECK.
void Play(bool is_old, const std::vector<Step>& steps) {
  SharedText text;
  const std::optional<std::string> wrong = sim::RunInChild(
      [&]() -> std::optional<std::string> {
        Story story(is_old, &text);
        for (const Step& step : steps) story.Play(step);
        story.CheckLog();
        return std::nullopt;
      },
      kLimitSeconds);
  if (wrong) RC_FAIL(*wrong + "\n" + text.text());
}

RC_GTEST_PROP(DecisionsTest, TheRulesHoldAfterEachStep, (const std::vector<Step>& steps)) {
  Play(/*is_old=*/false, steps);
}

RC_GTEST_PROP(DecisionsTest, TheRulesHoldAfterEachStepFromMetadataVersion1On,
              (const std::vector<Step>& steps)) {
  Play(/*is_old=*/true, steps);
}

}  // namespace
}  // namespace quorate::properties
