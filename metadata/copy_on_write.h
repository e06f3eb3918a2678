// The rule by which images share nodes: a node that others can see is copied before it is changed;
// a node that only its builder can see is changed in place.
#pragma once

#include <memory>

namespace quorate::metadata {

// Returns a mutable reference to the node. Creates the node if there is none, and copies it if it
// is shared.
// REQUIRES: Own was called first for every node on the path to `node`, and the caller keeps the
// image that the change builds on alive. Then a use count of one proves that no other thread has
// seen the node.
template <typename T>
T& Own(std::shared_ptr<const T>& node) {
  if (node == nullptr) {
    node = std::make_shared<T>();
  } else if (node.use_count() != 1) {
    node = std::make_shared<T>(*node);
  }
  // The cast is safe: every node is created above as a non-const T.
  return const_cast<T&>(*node);
}

}  // namespace quorate::metadata
