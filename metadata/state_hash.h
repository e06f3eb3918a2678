// Hashes the content of an image, so that the states of replicas, restarts and snapshots can be
// compared by one number.
#pragma once

#include <cstddef>
#include <cstdint>

#include "metadata/content_hasher.h"
#include "metadata/hash_sections.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Returns XXH3-64 of the content of each record family (families/families.h). The position is not
// hashed: two images whose logs differ only in no-ops have the same hash. Takes time linear in the
// content. Hashes of different programs are comparable within one metadata version.
uint64_t StateHash(const MetadataImage& image);

// Computes StateHash in slices, because a million partitions are too many for one task of an event
// loop. Holds a copy of the image. Not thread-safe.
class StateHasher {
 public:
  explicit StateHasher(MetadataImage image);
  StateHasher(const StateHasher&) = delete;
  StateHasher& operator=(const StateHasher&) = delete;

  // Hashes about `budget` values more. A partition has about eight. Returns whether there are more.
  bool Next(size_t budget);
  // Returns how many values were hashed.
  size_t hashed() const { return hasher_.size(); }
  // REQUIRES: Next has returned false.
  uint64_t Digest() const { return hasher_.Digest(); }

  const MetadataImage& image() const { return image_; }

 private:
  const MetadataImage image_;
  HashSections sections_;
  ContentHasher hasher_;
};

}  // namespace quorate::metadata
