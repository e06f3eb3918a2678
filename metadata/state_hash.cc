#include "metadata/state_hash.h"

#include <limits>
#include <type_traits>
#include <utility>

#include "metadata/image_state.h"

namespace quorate::metadata {

uint64_t StateHash(const MetadataImage& image) {
  StateHasher hasher(image);
  while (hasher.Next(std::numeric_limits<size_t>::max())) {
  }
  return hasher.Digest();
}

StateHasher::StateHasher(MetadataImage image) : image_(std::move(image)) {
  image_.ForEachFamily([this](const auto& family) {
    if constexpr (WritesHashInSlices<std::remove_cvref_t<decltype(family)>>) {
      family.AddToHash(sections_);
    } else {
      sections_.Add([&family](ContentHasher& hasher) {
        family.AddToHash(hasher);
        return false;
      });
    }
  });
}

bool StateHasher::Next(size_t budget) {
  const size_t before = hasher_.size();
  while (sections_.Next(hasher_)) {
    if (hasher_.size() - before >= budget) return true;
  }
  return false;
}

}  // namespace quorate::metadata
