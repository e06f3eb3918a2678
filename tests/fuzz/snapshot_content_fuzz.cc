// The content of a snapshot, which comes from the disk, from another controller, and in brokers
// from the subscription.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "tests/fuzz/image_properties.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_input.h"

namespace quorate::fuzz {
namespace {

using metadata::MetadataImage;

absl::StatusOr<MetadataImage> Load(const std::vector<std::string>& chunks) {
  metadata::SnapshotLoader loader;
  for (const std::string& chunk : chunks) RETURN_IF_ERROR(loader.Add(chunk));
  return std::move(loader).Finish();
}

void LoadContent(const SnapshotContent& content) {
  std::vector<std::string> chunks;
  std::string whole;
  for (const metadata::v1::RecordBatch& chunk : content.chunks()) {
    chunks.push_back(chunk.SerializeAsString());
    whole += chunks.back();
  }
  const absl::StatusOr<MetadataImage> image = Load(chunks);
  // The chunks of a snapshot also parse as one.
  const absl::StatusOr<MetadataImage> at_once = Load({whole});
  CHECK_EQ(image.ok(), at_once.ok());
  if (!image.ok()) return CheckError(image.status());
  CHECK_EQ(metadata::StateHash(*image), metadata::StateHash(*at_once));
  CheckImage(*image);
}

void LoadBytes(const std::string& bytes) {
  const absl::StatusOr<MetadataImage> image = Load({bytes});
  if (!image.ok()) CheckError(image.status());
}

}  // namespace

const google::protobuf::Message& EmptyInput() { return SnapshotContent::default_instance(); }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::LoadBytes(bytes);
  quorate::fuzz::SnapshotContent content;
  if (content.ParseFromString(bytes)) quorate::fuzz::LoadContent(content);
  return 0;
}
