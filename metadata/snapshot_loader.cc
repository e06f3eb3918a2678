#include "metadata/snapshot_loader.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/record_kind.h"
#include "metadata/record_replay.h"
#include "metadata/replay_errors.h"

namespace quorate::metadata {

absl::Status SnapshotLoader::Add(std::string_view chunk) {
  v1::RecordBatch batch;
  if (chunk.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !batch.ParseFromArray(chunk.data(), static_cast<int>(chunk.size()))) {
    return Malformed("snapshot: the chunk of %d bytes after %d records is not a RecordBatch",
                     chunk.size(), record_count_);
  }
  if (!batch.GetReflection()->GetUnknownFields(batch).empty()) {
    return absl::UnimplementedError(absl::StrFormat("snapshot: a chunk %s", kUnknownFields));
  }
  for (const v1::Record& record : batch.records()) {
    if (const absl::Status status = AddRecord(record); !status.ok()) {
      return absl::Status(status.code(),
                          absl::StrFormat("snapshot: record %d, %s: %s", record_count_,
                                          RecordKindName(record), std::string(status.message())));
    }
    ++record_count_;
  }
  return absl::OkStatus();
}

absl::StatusOr<MetadataImage> SnapshotLoader::Finish() && {
  if (!is_complete()) {
    return Malformed("snapshot: it ends after %d records without a footer", record_count_);
  }
  return std::move(builder_).Build();
}

absl::Status SnapshotLoader::AddRecord(const v1::Record& record) {
  RETURN_IF_ERROR(CheckIsKnown(record));
  if (stage_ == Stage::kComplete) return Malformed("comes after the footer");
  const bool is_header = record.kind_case() == v1::Record::kSnapshotHeader;
  if (is_header != (stage_ == Stage::kHeader)) {
    return Malformed("the header must be the first record, and only the first");
  }
  switch (record.kind_case()) {
    case v1::Record::kSnapshotHeader:
      return AddHeader(record.snapshot_header());
    case v1::Record::kSnapshotFooter:
      return AddFooter(record.snapshot_footer());
    default:
      return ReplayRecord(record,
                          {.image = builder_.image(), .offset = std::nullopt, .builder = builder_});
  }
}

absl::Status SnapshotLoader::AddHeader(const v1::SnapshotHeaderRecord& record) {
  if (record.end_offset() < 0 || record.epoch() < 0) {
    return Malformed("end offset %d or epoch %d is negative", record.end_offset(), record.epoch());
  }
  builder_.SetPosition(RecordOffset(record.end_offset()), Epoch(record.epoch()),
                       record.append_time_ms());
  stage_ = Stage::kContent;
  return absl::OkStatus();
}

absl::Status SnapshotLoader::AddFooter(const v1::SnapshotFooterRecord& record) {
  const int64_t between = record_count_ - 1;
  if (record.record_count() != between) {
    return Malformed("it counts %d records, but there are %d", record.record_count(), between);
  }
  stage_ = Stage::kComplete;
  return absl::OkStatus();
}

}  // namespace quorate::metadata
