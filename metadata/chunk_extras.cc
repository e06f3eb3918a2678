#include "metadata/chunk_extras.h"

#include <algorithm>

#include "metadata/directory_numbers.h"

namespace quorate::metadata {

std::shared_ptr<const ChunkExtras> ChunkExtras::Make(std::span<const PartitionExtras> extras,
                                                     std::span<const Uuid> directories) {
  auto made = std::make_shared<ChunkExtras>();
  for (size_t row = 0; row < extras.size(); ++row) {
    if (extras[row].empty()) continue;
    made->rows_.push_back({.row = static_cast<uint8_t>(row), .extras = extras[row]});
  }
  DirectoryNumbers numbers;
  made->directories_.reserve(directories.size());
  for (const Uuid& id : directories) {
    made->directories_.push_back(static_cast<uint16_t>(numbers.NumberOf(id)));
  }
  made->directory_ids_ = numbers.ids();
  if (made->directory_ids_.empty()) made->directories_ = {};
  // Images live long, so no table keeps more memory than it needs.
  made->rows_.shrink_to_fit();
  made->directory_ids_.shrink_to_fit();
  if (made->rows_.empty() && made->directory_ids_.empty()) return nullptr;
  return made;
}

const PartitionExtras& ChunkExtras::Of(size_t row) const {
  static constexpr PartitionExtras kNone;
  const auto it = std::lower_bound(rows_.begin(), rows_.end(), row,
                                   [](const RowExtras& a, size_t b) { return a.row < b; });
  return it != rows_.end() && it->row == row ? it->extras : kNone;
}

Uuid ChunkExtras::DirectoryOf(size_t replica) const {
  const size_t number = replica < directories_.size() ? directories_[replica] : 0;
  return number == 0 ? Uuid() : directory_ids_[number - 1];
}

}  // namespace quorate::metadata
