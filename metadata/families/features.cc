#include "metadata/families/features.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/quote.h"
#include "metadata/content_hasher.h"
#include "metadata/metadata_image.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"

namespace quorate::metadata {

v1::Record MakeMetadataVersionRecord(uint32_t level) {
  v1::Record record;
  record.mutable_metadata_version()->set_level(level);
  return record;
}

v1::Record MakeFeatureLevelRecord(std::string_view name, uint32_t level) {
  v1::Record record;
  record.mutable_feature_level()->set_name(std::string(name));
  record.mutable_feature_level()->set_level(level);
  return record;
}

absl::Status FeaturesImage::Replay(const v1::MetadataVersionRecord& record,
                                   const ReplayContext& /*context*/) {
  if (record.level() == 0) return Malformed("the level is 0; the lowest one is 1");
  if (record.level() > kLatestMetadataVersion) {
    return absl::UnimplementedError(
        absl::StrFormat("metadata version %d is newer than this program's %d; upgrade this program",
                        record.level(), kLatestMetadataVersion));
  }
  if (record.level() < metadata_version_) {
    return Contradiction("metadata version %d after version %d", record.level(), metadata_version_);
  }
  metadata_version_ = record.level();
  return absl::OkStatus();
}

absl::Status FeaturesImage::Replay(const v1::FeatureLevelRecord& record,
                                   const ReplayContext& /*context*/) {
  const auto feature = FindFeature(record.name());
  if (!feature || record.level() > kKnownFeatures[*feature].max_level) {
    return absl::UnimplementedError(
        absl::StrFormat("this program does not know level %d of feature %s; upgrade this program",
                        record.level(), Quote(record.name())));
  }
  levels_[*feature] = static_cast<uint16_t>(record.level());
  return absl::OkStatus();
}

std::string FeaturesImage::TextOf(const v1::MetadataVersionRecord& record, size_t /*max_items*/) {
  return absl::StrCat("MetadataVersion ", record.level());
}

std::string FeaturesImage::TextOf(const v1::FeatureLevelRecord& record, size_t /*max_items*/) {
  return absl::StrFormat("FeatureLevel %s %d", Quote(record.name()), record.level());
}

void FeaturesImage::AddToSnapshot(SnapshotSections& sections) const {
  std::vector<v1::Record> records;
  if (metadata_version_ != 0) records.push_back(MakeMetadataVersionRecord(metadata_version_));
  for (size_t i = 0; i < levels_.size(); ++i) {
    if (levels_[i]) records.push_back(MakeFeatureLevelRecord(kKnownFeatures[i].name, *levels_[i]));
  }
  sections.AddRecords(std::move(records));
}

void FeaturesImage::AddToHash(ContentHasher& hasher) const {
  hasher.Add(metadata_version_);
  for (size_t i = 0; i < levels_.size(); ++i) {
    if (!levels_[i]) continue;
    hasher.Add(kKnownFeatures[i].name);
    hasher.Add(*levels_[i]);
  }
}

// The text of an image begins with a line that names the metadata version (image_text.cc).
void FeaturesImage::AddToText(std::string& text) const {
  for (size_t i = 0; i < levels_.size(); ++i) {
    if (!levels_[i]) continue;
    absl::StrAppendFormat(&text, "feature %s=%d\n", kKnownFeatures[i].name, *levels_[i]);
  }
}

}  // namespace quorate::metadata
