#include "metadata/state_hash.h"

#include "metadata/content_hasher.h"
#include "metadata/image_state.h"

namespace quorate::metadata {

uint64_t StateHash(const MetadataImage& image) {
  ContentHasher hasher;
  image.ForEachFamily([&hasher](const auto& family) { family.AddToHash(hasher); });
  return hasher.Digest();
}

}  // namespace quorate::metadata
