// FeaturesImage holds the metadata version. Kafka: FeaturesImage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "metadata/record_family.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// A record family (record_family.h).
class FeaturesImage {
 public:
  using Kinds = RecordKinds<RecordKind<v1::Record::kMetadataVersion, &v1::Record::metadata_version,
                                       Occurrence{.since_version = 0}>>;

  // 0 until there is a MetadataVersionRecord.
  uint32_t metadata_version() const { return metadata_version_; }

  absl::Status Replay(const v1::MetadataVersionRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::MetadataVersionRecord& record, size_t max_items);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(ContentHasher& hasher) const;
  void AddToText(std::string& text) const;

 private:
  uint32_t metadata_version_ = 0;
};

v1::Record MakeMetadataVersionRecord(uint32_t level);

}  // namespace quorate::metadata
