#include "tests/fuzz/image_properties.h"

#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "metadata/describe.h"
#include "metadata/image_text.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"

namespace quorate::fuzz {
namespace {

using metadata::MetadataImage;

// So small that a snapshot has several chunks.
constexpr size_t kChunkBytes = 200;

std::vector<std::string> Encode(const MetadataImage& image) {
  std::vector<std::string> chunks;
  metadata::SnapshotEncoder encoder(image, kChunkBytes);
  while (std::optional<std::string> chunk = encoder.Next()) chunks.push_back(*std::move(chunk));
  return chunks;
}

MetadataImage Load(const std::vector<std::string>& chunks) {
  metadata::SnapshotLoader loader;
  for (const std::string& chunk : chunks) CHECK_OK(loader.Add(chunk));
  absl::StatusOr<MetadataImage> image = std::move(loader).Finish();
  CHECK_OK(image.status());
  return *std::move(image);
}

// As clients receive it: a message whose strings are not UTF-8 does not parse.
void CheckDescription(const MetadataImage& image) {
  for (const admin::v1::TopicDescription& topic : metadata::DescribeTopics(image, {})) {
    admin::v1::TopicDescription parsed;
    CHECK(parsed.ParseFromString(topic.SerializeAsString()));
  }
}

}  // namespace

void CheckImage(const MetadataImage& image) {
  const std::vector<std::string> chunks = Encode(image);
  const MetadataImage loaded = Load(chunks);
  CHECK_EQ(loaded.end_offset(), image.end_offset());
  CHECK_EQ(loaded.last_epoch(), image.last_epoch());
  CHECK_EQ(loaded.last_append_time_ms(), image.last_append_time_ms());
  CHECK_EQ(metadata::ImageText(loaded), metadata::ImageText(image));
  CHECK_EQ(metadata::StateHash(loaded), metadata::StateHash(image));
  CHECK(Encode(loaded) == chunks) << "two snapshots of equal images differ";
  CheckDescription(image);
}

}  // namespace quorate::fuzz
