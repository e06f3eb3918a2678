// The content of a MetadataImage: its position, and one object of each record family. Include this
// header to read a family for which MetadataImage has no function: image.Get<QuotasImage>(). Only
// replay changes the content.
#pragma once

#include <cstdint>
#include <tuple>

#include "base/ids.h"
#include "metadata/families/families.h"
#include "metadata/image_builder.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

struct MetadataImage::State {
  RecordOffset end_offset;
  Epoch last_epoch;
  int64_t last_append_time_ms = 0;
  Families::Tuple families;
};

template <typename Family>
const Family& MetadataImage::Get() const {
  return std::get<Family>(state_->families);
}

template <typename Fn>
void MetadataImage::ForEachFamily(Fn fn) const {
  std::apply([&fn](const auto&... family) { (fn(family), ...); }, state_->families);
}

template <typename Family>
Family& ImageBuilder::Mutable() {
  return std::get<Family>(state().families);
}

}  // namespace quorate::metadata
