// ImageBuilder makes the next image from an existing one, which stays as it is. It copies each node
// before the first change to it; later changes to that node happen in place.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Not thread-safe.
class ImageBuilder {
 public:
  explicit ImageBuilder(MetadataImage base);

  // Returns the image built so far. Pointers and views into it are valid until the next change.
  const MetadataImage& image() const { return image_; }

  void SetPosition(RecordOffset end_offset, Epoch last_epoch, int64_t append_time_ms);

  // Returns the part of one record family, e.g. Mutable<ConfigsImage>(). Only the families
  // themselves change it, when they replay a record. Defined in image_state.h.
  template <typename Family>
  Family& Mutable();

  MetadataImage Build() &&;

 private:
  MetadataImage::State& state();

  // Holds a reference to every node of the original image, so that Own copies a node before it is
  // changed.
  const MetadataImage base_;
  MetadataImage image_;
};

}  // namespace quorate::metadata
