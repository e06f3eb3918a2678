#include "metadata/snapshot_encoder.h"

#include <google/protobuf/arena.h>

#include <utility>

#include "base/check.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"

namespace quorate::metadata {

SnapshotEncoder::SnapshotEncoder(MetadataImage image, size_t chunk_bytes)
    : image_(std::move(image)), chunk_bytes_(chunk_bytes) {}

void SnapshotEncoder::AddSections() {
  sections_.AddRecords({MakeSnapshotHeaderRecord(image_.end_offset(), image_.last_epoch(),
                                                 image_.last_append_time_ms())});
  image_.ForEachFamily([this](const auto& family) { family.AddToSnapshot(sections_); });
}

bool SnapshotEncoder::AppendRecord(std::string* chunk) {
  if (is_complete_) return false;
  // The arena frees all parts of a record at once.
  google::protobuf::Arena arena;
  auto* alone = google::protobuf::Arena::CreateMessage<v1::RecordBatch>(&arena);
  if (!sections_.Next(alone)) {
    // The header does not count.
    *alone->add_records() = MakeSnapshotFooterRecord(record_count_ - 1);
    is_complete_ = true;
  }
  ++record_count_;
  CHECK(alone->AppendToString(chunk));
  return true;
}

std::optional<std::string> SnapshotEncoder::Next() {
  if (!std::exchange(has_sections_, true)) AddSections();
  std::string chunk = std::exchange(pending_, "");
  for (size_t size = chunk.size(); AppendRecord(&chunk); size = chunk.size()) {
    if (size == 0 || chunk.size() <= chunk_bytes_) continue;
    pending_ = chunk.substr(size);
    chunk.resize(size);
    break;
  }
  if (chunk.empty()) return std::nullopt;
  return chunk;
}

}  // namespace quorate::metadata
