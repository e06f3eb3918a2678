// FeaturesImage holds the finalized levels of the features: the metadata version and the others
// (feature_table.h). Kafka: FeaturesImage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "metadata/feature_table.h"
#include "metadata/record_family.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// A record family (record_family.h).
class FeaturesImage {
 public:
  using Kinds = RecordKinds<RecordKind<v1::Record::kMetadataVersion, &v1::Record::metadata_version,
                                       Occurrence{.since_version = 0}>,
                            RecordKind<v1::Record::kFeatureLevel, &v1::Record::feature_level,
                                       Occurrence{.since_version = kFeatureLevelsVersion}>>;

  // 0 until there is a MetadataVersionRecord.
  uint32_t metadata_version() const { return metadata_version_; }
  // Returns the finalized level: that of the last record, or else the default. `feature` is a
  // position in kKnownFeatures.
  uint32_t LevelOf(size_t feature) const {
    return levels_[feature].value_or(kKnownFeatures[feature].default_level);
  }
  // Whether partitions have eligible leader replicas (KIP-966).
  bool has_eligible_leader_replicas() const {
    return LevelOf(*FindFeature(kEligibleLeaderReplicasFeature)) >= 1;
  }

  absl::Status Replay(const v1::MetadataVersionRecord& record, const ReplayContext& context);
  absl::Status Replay(const v1::FeatureLevelRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::MetadataVersionRecord& record, size_t max_items);
  static std::string TextOf(const v1::FeatureLevelRecord& record, size_t max_items);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(ContentHasher& hasher) const;
  void AddToText(std::string& text) const;

 private:
  uint32_t metadata_version_ = 0;
  // What the log says about each of kKnownFeatures; nullopt if it says nothing.
  std::array<std::optional<uint16_t>, kKnownFeatures.size()> levels_;
};

v1::Record MakeMetadataVersionRecord(uint32_t level);
// `name` is the name of one of kKnownFeatures.
v1::Record MakeFeatureLevelRecord(std::string_view name, uint32_t level);

}  // namespace quorate::metadata
