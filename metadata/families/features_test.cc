// Applies metadata versions to an image, and checks which are refused.
#include "metadata/families/features.h"

#include <gtest/gtest.h>

#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using FeaturesTest = ReplayTest;

const GoldenRecords kGolden([] {
  return std::vector<GoldenRecord>{{MakeMetadataVersionRecord(1), "12020801"}};
});

TEST_F(FeaturesTest, AMetadataVersionThatIsUnknownIsFatal) {
  Refuse(absl::StatusCode::kUnimplemented, MakeMetadataVersionRecord(kLatestMetadataVersion + 1));
  IsMalformed(MakeMetadataVersionRecord(0));
  EXPECT_TRUE(log_.Append({MakeMetadataVersionRecord(1)}).ok());
}

}  // namespace
}  // namespace quorate::metadata
