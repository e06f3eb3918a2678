// HashSections collects the parts of the state hash, of which each family adds its own, and hashes
// them piece by piece. Internal to metadata/.
#pragma once

#include <deque>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "metadata/content_hasher.h"

namespace quorate::metadata {

// Not thread-safe.
class HashSections {
 public:
  // Adds a section. `add_piece` adds the next piece to the hash, about a thousand values, and
  // returns whether there are more.
  void Add(absl::AnyInvocable<bool(ContentHasher& hasher)> add_piece) {
    sections_.push_back(std::move(add_piece));
  }

  // Hashes the next piece. Returns whether there are more.
  bool Next(ContentHasher& hasher) {
    if (!sections_.empty() && !sections_.front()(hasher)) sections_.pop_front();
    return !sections_.empty();
  }

 private:
  std::deque<absl::AnyInvocable<bool(ContentHasher& hasher)>> sections_;
};

}  // namespace quorate::metadata
