// ContentHasher hashes the content of an image (state_hash.h). Each family adds its part. Internal
// to metadata/.
#pragma once

#include <xxhash.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "base/ids.h"

namespace quorate::metadata {

static_assert(std::endian::native == std::endian::little,
              "integers are hashed as they are in memory");

// Feeds values to the hash so that different contents give different bytes: every integer takes
// eight bytes, and strings begin with their length. The caller adds the length of a list before its
// elements.
class ContentHasher {
 public:
  ContentHasher() : state_(XXH3_createState(), &XXH3_freeState) {
    CHECK_EQ(XXH3_64bits_reset(state_.get()), XXH_OK);
  }

  void Add(int64_t value) { AddBytes(&value, sizeof(value)); }
  void Add(const Uuid& id) { AddBytes(id.bytes().data(), id.bytes().size()); }
  void Add(std::string_view text) {
    Add(static_cast<int64_t>(text.size()));
    AddBytes(text.data(), text.size());
  }
  // Returns the number of values that were added.
  size_t size() const { return size_; }
  uint64_t Digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  void AddBytes(const void* data, size_t size) {
    ++size_;
    CHECK_EQ(XXH3_64bits_update(state_.get(), data, size), XXH_OK);
  }

  size_t size_ = 0;
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

}  // namespace quorate::metadata
