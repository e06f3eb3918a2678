// Applies metadata versions to an image, and checks which are refused.
#include "metadata/families/features.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metadata/content_hasher.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"
#include "metadata/snapshot_sections.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using FeaturesTest = ReplayTest;

const GoldenRecords kGolden([] {
  return std::vector<GoldenRecord>{
      {MakeMetadataVersionRecord(1), "12020801"},
      {MakeFeatureLevelRecord("group.version", 1), "8201110a0d67726f75702e76657273696f6e1001"},
      {MakeFeatureLevelRecord("group.version", 0), "82010f0a0d67726f75702e76657273696f6e"}};
});

TEST_F(FeaturesTest, AMetadataVersionThatIsUnknownIsFatal) {
  Refuse(absl::StatusCode::kUnimplemented, MakeMetadataVersionRecord(kLatestMetadataVersion + 1));
  IsMalformed(MakeMetadataVersionRecord(0));
  EXPECT_TRUE(log_.Append({MakeMetadataVersionRecord(1)}).ok());
}

// The log is at metadata version 3.
class FeatureLevelsTest : public ReplayTest {
 protected:
  FeatureLevelsTest() { log_.MustAppend({MakeMetadataVersionRecord(kFeatureLevelsVersion)}); }

  uint32_t LevelOf(std::string_view name) const {
    return log_.image().Get<FeaturesImage>().LevelOf(*FindFeature(name));
  }
};

TEST_F(FeatureLevelsTest, TheTableIsSortedAndDefaultsAreInTheirRange) {
  for (size_t i = 0; i < kKnownFeatures.size(); ++i) {
    const KnownFeature& feature = kKnownFeatures[i];
    if (i > 0) {
      EXPECT_LT(kKnownFeatures[i - 1].name, feature.name);
    }
    EXPECT_LE(feature.default_level, feature.max_level) << feature.name;
    EXPECT_EQ(FindFeature(feature.name), i);
  }
  EXPECT_EQ(FindFeature("metadata.version"), std::nullopt);
}

TEST_F(FeatureLevelsTest, AFeatureWithoutARecordHasItsDefaultLevel) {
  for (const KnownFeature& feature : kKnownFeatures) {
    EXPECT_EQ(LevelOf(feature.name), feature.default_level) << feature.name;
  }
}

TEST_F(FeatureLevelsTest, TheLastRecordSetsTheLevel) {
  log_.MustAppend({MakeFeatureLevelRecord("transaction.version", 2)});
  EXPECT_EQ(LevelOf("transaction.version"), 2u);
  EXPECT_EQ(LevelOf("group.version"), 0u);
  log_.MustAppend({MakeFeatureLevelRecord("transaction.version", 0)});
  EXPECT_EQ(LevelOf("transaction.version"), 0u);
}

TEST_F(FeatureLevelsTest, AFeatureOrLevelThatIsUnknownIsFatal) {
  Refuse(absl::StatusCode::kUnimplemented, MakeFeatureLevelRecord("cold.storage.version", 1));
  Refuse(absl::StatusCode::kUnimplemented, MakeFeatureLevelRecord("group.version", 2));
  Refuse(absl::StatusCode::kUnimplemented, MakeFeatureLevelRecord("metadata.version", 3));
  Refuse(absl::StatusCode::kUnimplemented, MakeFeatureLevelRecord("group.version", UINT32_MAX));
}

TEST_F(FeaturesTest, ALevelNeedsMetadataVersion3) {
  log_.MustAppend({MakeMetadataVersionRecord(2)});
  EXPECT_FALSE(log_.Append({MakeFeatureLevelRecord("group.version", 1)}).ok());
}

TEST_F(FeatureLevelsTest, ASnapshotKeepsTheLevelsThatTheLogHas) {
  log_.MustAppend({MakeFeatureLevelRecord("transaction.version", 2),
                   MakeFeatureLevelRecord("eligible.leader.replicas.version", 0)});
  SnapshotSections sections;
  log_.image().Get<FeaturesImage>().AddToSnapshot(sections);
  v1::RecordBatch batch;
  while (sections.Next(&batch)) {
  }
  ASSERT_EQ(batch.records_size(), 3);
  EXPECT_EQ(batch.records(0).metadata_version().level(), kFeatureLevelsVersion);
  EXPECT_EQ(batch.records(1).feature_level().name(), "eligible.leader.replicas.version");
  EXPECT_EQ(batch.records(1).feature_level().level(), 0u);
  EXPECT_EQ(batch.records(2).feature_level().name(), "transaction.version");
  EXPECT_EQ(batch.records(2).feature_level().level(), 2u);
}

TEST_F(FeatureLevelsTest, TheHashKnowsTheLevelsAndDoesNotChangeWithoutOne) {
  const auto digest = [this] {
    ContentHasher hasher;
    log_.image().Get<FeaturesImage>().AddToHash(hasher);
    return std::pair(hasher.Digest(), hasher.size());
  };
  const auto before = digest();
  EXPECT_EQ(before.second, 1u);
  log_.MustAppend({MakeFeatureLevelRecord("group.version", 0)});
  const auto zero = digest();
  log_.MustAppend({MakeFeatureLevelRecord("group.version", 1)});
  EXPECT_NE(before, zero);
  EXPECT_NE(zero, digest());
}

TEST_F(FeatureLevelsTest, Texts) {
  const v1::Record record = MakeFeatureLevelRecord("group.version", 1);
  EXPECT_EQ(FeaturesImage::TextOf(record.feature_level(), 1), "FeatureLevel \"group.version\" 1");
  log_.MustAppend({record});
  std::string text;
  log_.image().Get<FeaturesImage>().AddToText(text);
  EXPECT_EQ(text, "feature group.version=1\n");
}

}  // namespace
}  // namespace quorate::metadata
