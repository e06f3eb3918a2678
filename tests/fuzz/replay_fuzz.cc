// Replay of a metadata log with arbitrary records, in controllers and in brokers.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "base/check.h"
#include "metadata/record_text.h"
#include "metadata/replay.h"
#include "metadata/state_hash.h"
#include "tests/fuzz/image_properties.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_input.h"

namespace quorate::fuzz {
namespace {

using metadata::BatchPosition;
using metadata::MetadataImage;

template <typename Integer>
Integer Clamped(int64_t value) {
  return static_cast<Integer>(std::clamp<int64_t>(value, std::numeric_limits<Integer>::min(),
                                                  std::numeric_limits<Integer>::max()));
}

// Returns the position of the batch as an entry of the log may have it (raft::Entry::Parse).
BatchPosition PositionOf(const MetadataBatch& batch, const MetadataImage& image) {
  const int64_t count = int64_t{metadata::CountRecords(batch.records())} + batch.count_error();
  const int64_t epoch = int64_t{image.last_epoch().value()} + batch.epoch_step();
  return {.epoch = Epoch(Clamped<int32_t>(epoch)),
          .base_offset = image.end_offset(),
          .record_count = std::max(1, Clamped<int32_t>(count)),
          .append_time_ms = batch.append_time_ms()};
}

void CheckTexts(const metadata::v1::RecordBatch& batch) {
  for (const metadata::v1::Record& record : batch.records()) {
    CheckLine(metadata::RecordText(record));
    CheckLine(metadata::RecordText(record, /*max_partitions=*/1));
  }
}

void ReplayOne(const MetadataBatch& batch, MetadataImage* image) {
  CheckTexts(batch.records());
  absl::StatusOr<MetadataImage> next = metadata::ReplayPayload(*image, PositionOf(batch, *image),
                                                               batch.records().SerializeAsString());
  if (!next.ok()) return CheckError(next.status());
  *image = *std::move(next);
}

void ReplayLog(const MetadataLog& log) {
  MetadataImage image;
  // An image in the middle of the log. What follows must not change it.
  MetadataImage earlier;
  uint64_t earlier_hash = 0;
  for (int i = 0; i < log.batches_size(); ++i) {
    ReplayOne(log.batches(i), &image);
    if (i != log.batches_size() / 2) continue;
    earlier = image;
    earlier_hash = metadata::StateHash(earlier);
  }
  CHECK(log.batches().empty() || metadata::StateHash(earlier) == earlier_hash)
      << "a replay has changed an earlier image";
  CheckImage(image);
}

void ReplayBytes(const std::string& bytes) {
  const auto image = metadata::ReplayPayload(MetadataImage(), {.epoch = Epoch(1)}, bytes);
  if (!image.ok()) CheckError(image.status());
}

}  // namespace

const google::protobuf::Message& EmptyInput() { return MetadataLog::default_instance(); }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::ReplayBytes(bytes);
  quorate::fuzz::MetadataLog log;
  if (log.ParseFromString(bytes)) quorate::fuzz::ReplayLog(log);
  return 0;
}
