// Who is told of every image that the committed log makes, besides the controller itself.
#pragma once

#include "metadata/metadata_image.h"
#include "raft/entry.h"

namespace quorate::controller {

class ImageObserver {
 public:
  virtual ~ImageObserver() = default;

  // `image` is the state directly behind `entry`. On the controller's loop, for each committed
  // entry in order: copy the image (cheap) and return.
  virtual void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) = 0;
};

}  // namespace quorate::controller
