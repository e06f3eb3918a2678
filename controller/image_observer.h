// The interface through which other parts of the process receive every image of the committed log.
#pragma once

#include "metadata/metadata_image.h"
#include "raft/api/entry.h"

namespace quorate::controller {

class ImageObserver {
 public:
  virtual ~ImageObserver() = default;

  // Called on the controller's loop for each committed entry, in order. `image` is the state
  // directly after `entry`. The observer should copy the image, which is cheap, and return.
  virtual void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) = 0;
};

}  // namespace quorate::controller
