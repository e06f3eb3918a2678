#include "metadata/families/features.h"

#include "absl/strings/str_cat.h"
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

std::string FeaturesImage::TextOf(const v1::MetadataVersionRecord& record, size_t /*max_items*/) {
  return absl::StrCat("MetadataVersion ", record.level());
}

void FeaturesImage::AddToSnapshot(SnapshotSections& sections) const {
  if (metadata_version_ != 0) sections.AddRecords({MakeMetadataVersionRecord(metadata_version_)});
}

void FeaturesImage::AddToHash(ContentHasher& hasher) const { hasher.Add(metadata_version_); }

// The text of an image begins with a line that names the metadata version (image_text.cc).
void FeaturesImage::AddToText(std::string& /*text*/) const {}

}  // namespace quorate::metadata
