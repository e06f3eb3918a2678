#include "controller/uncommitted_images.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/image_builder.h"

namespace quorate::controller {

using metadata::MetadataImage;

absl::Status UncommittedImages::Append(const metadata::BatchPosition& position,
                                       const metadata::v1::RecordBatch& records) {
  ASSIGN_OR_RETURN(MetadataImage next, metadata::Replay(newest(), position, records));
  uncommitted_.push_back(std::move(next));
  return absl::OkStatus();
}

absl::Status UncommittedImages::Commit(const raft::Entry& entry) {
  const raft::EntryHeader& header = entry.header();
  if (uncommitted_.empty()) {
    const bool has_records = header.type == raft::EntryType::kRecords;
    ASSIGN_OR_RETURN(committed_,
                     metadata::ReplayPayload(committed_,
                                             {.epoch = header.epoch,
                                              .base_offset = header.base_offset,
                                              .record_count = header.record_count,
                                              .append_time_ms = header.append_time_ms},
                                             has_records ? entry.payload() : std::string_view()));
    return absl::OkStatus();
  }
  MetadataImage& decided = uncommitted_.front();
  if (decided.last_epoch() != header.epoch || decided.end_offset() != header.end_offset()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the entry committed at [%d, %d) in epoch %d is not the one decided, which ends at %d in "
        "epoch %d",
        header.base_offset.value(), header.end_offset().value(), header.epoch.value(),
        decided.end_offset().value(), decided.last_epoch().value()));
  }
  // The append time comes from the log, not from the decision, because all nodes must have the same
  // image.
  metadata::ImageBuilder builder(std::move(decided));
  builder.SetPosition(header.end_offset(), header.epoch, header.append_time_ms);
  committed_ = std::move(builder).Build();
  uncommitted_.pop_front();
  return absl::OkStatus();
}

void UncommittedImages::Load(MetadataImage image) {
  CHECK(empty()) << "the active controller has all that is committed";
  committed_ = std::move(image);
}

}  // namespace quorate::controller
