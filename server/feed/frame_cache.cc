#include "server/feed/frame_cache.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::server {

void FrameCache::Append(raft::EntryPtr entry) {
  CHECK(batches_.empty() || batches_.back().entry->end_offset() == entry->header().base_offset);
  bytes_ += entry->encoded().size();
  batches_.push_back({.entry = std::move(entry)});
  while (bytes_ > max_bytes_ && batches_.size() > 1) {
    bytes_ -= batches_.front().entry->encoded().size();
    batches_.pop_front();
  }
}

std::vector<FramePtr> FrameCache::From(RecordOffset from, size_t max_bytes) const {
  std::vector<FramePtr> result;
  auto it = Find(from);
  if (it == batches_.end() || it->entry->header().base_offset != from) return result;
  for (size_t bytes = 0; it != batches_.end(); ++it) {
    if (it->frame == nullptr) it->frame = encoder_->EncodeBatch(it->entry);
    bytes += it->frame->size_bytes;
    if (bytes > max_bytes && !result.empty()) break;
    result.push_back(it->frame);
  }
  return result;
}

raft::EntryPtr FrameCache::Containing(RecordOffset offset) const {
  const auto it = Find(offset);
  return it == batches_.end() || it->entry->header().base_offset > offset ? nullptr : it->entry;
}

std::deque<FrameCache::CachedBatch>::const_iterator FrameCache::Find(RecordOffset offset) const {
  return std::upper_bound(batches_.begin(), batches_.end(), offset,
                          [](RecordOffset value, const CachedBatch& batch) {
                            return value < batch.entry->end_offset();
                          });
}

}  // namespace quorate::server
