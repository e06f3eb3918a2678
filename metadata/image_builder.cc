#include "metadata/image_builder.h"

#include <utility>

#include "metadata/copy_on_write.h"
#include "metadata/image_state.h"

namespace quorate::metadata {

ImageBuilder::ImageBuilder(MetadataImage base) : base_(std::move(base)), image_(base_) {}

MetadataImage::State& ImageBuilder::state() { return Own(image_.state_); }

MetadataImage ImageBuilder::Build() && { return std::move(image_); }

void ImageBuilder::SetPosition(RecordOffset end_offset, Epoch last_epoch, int64_t append_time_ms) {
  state().end_offset = end_offset;
  state().last_epoch = last_epoch;
  state().last_append_time_ms = append_time_ms;
}

}  // namespace quorate::metadata
