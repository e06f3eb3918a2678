// Counts about how many bytes the entries at the end of a log take. It is separate from LogView's
// cache because it also counts entries that are only on disk.
#pragma once

#include <cstddef>
#include <deque>

#include "base/ids.h"

namespace quorate::raft {

// Knows only the entries that this process appended, not what the log held before.
class LogBytes {
 public:
  // REQUIRES: `index` follows the last index that was appended and not truncated.
  void Append(LogIndex index, size_t bytes) {
    if (marks_.empty() || total_ - marks_.back().bytes_before >= kMarkBytes) {
      marks_.push_back({.index = index, .bytes_before = total_});
    }
    total_ += bytes;
  }

  // Truncated entries between `index` and the first mark above it stay counted.
  void TruncateAfter(LogIndex index) {
    while (!marks_.empty() && marks_.back().index > index) {
      total_ = marks_.back().bytes_before;
      marks_.pop_back();
    }
  }

  // Returns a low index from which on the log's entries take at most `max_bytes`. Returns `end` if
  // that cannot be said of any entry before it.
  LogIndex FirstWithin(size_t max_bytes, LogIndex end) const {
    for (const Mark& mark : marks_) {
      if (total_ - mark.bytes_before <= max_bytes) return mark.index;
    }
    return end;
  }

  // The caller no longer asks about entries before `index`.
  void DropBefore(LogIndex index) {
    while (marks_.size() > 1 && marks_[1].index <= index) marks_.pop_front();
  }

 private:
  struct Mark {
    LogIndex index;
    size_t bytes_before = 0;
  };
  static constexpr size_t kMarkBytes = size_t{1} << 20;

  // Ascending in both fields.
  std::deque<Mark> marks_;
  size_t total_ = 0;
};

}  // namespace quorate::raft
