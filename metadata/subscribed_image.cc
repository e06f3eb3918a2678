#include "metadata/subscribed_image.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/replay.h"

namespace quorate::metadata {

absl::Status SubscribedImage::Add(const v1::Batch& batch) {
  const BatchPosition position{.epoch = Epoch(batch.epoch()),
                               .base_offset = RecordOffset(batch.base_offset()),
                               .record_count = batch.record_count(),
                               .append_time_ms = batch.append_time_ms()};
  if (position.base_offset != image_.end_offset() || position.record_count < 1) {
    return absl::DataLossError(
        absl::StrFormat("a batch of %d records at offset %d arrived; the next offset is %d",
                        batch.record_count(), batch.base_offset(), image_.end_offset().value()));
  }
  ASSIGN_OR_RETURN(image_, ReplayPayload(image_, position, batch.records()));
  return absl::OkStatus();
}

absl::Status SubscribedImage::Add(const v1::SnapshotChunk& chunk) {
  const bool goes_on = incoming_ && incoming_->epoch == chunk.epoch() &&
                       incoming_->end_offset == chunk.end_offset() &&
                       incoming_->next_position == chunk.position();
  if (!goes_on) {
    incoming_.emplace(Incoming{.epoch = chunk.epoch(), .end_offset = chunk.end_offset()});
  }
  incoming_->next_position = chunk.next_position();
  RETURN_IF_ERROR(incoming_->loader.Add(chunk.data()));
  if (!chunk.last()) return absl::OkStatus();
  ASSIGN_OR_RETURN(MetadataImage image, std::move(incoming_->loader).Finish());
  incoming_.reset();
  if (image.end_offset().value() != chunk.end_offset() ||
      image.last_epoch().value() != chunk.epoch()) {
    return absl::DataLossError(absl::StrFormat(
        "a snapshot of offset %d, epoch %d was sent as one of offset %d, epoch %d",
        image.end_offset().value(), image.last_epoch().value(), chunk.end_offset(), chunk.epoch()));
  }
  image_ = std::move(image);
  return absl::OkStatus();
}

}  // namespace quorate::metadata
