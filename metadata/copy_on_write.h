// The one rule by which images share nodes: a node that others can see is copied before it is
// changed, a node that only its builder can see is changed in place.
#pragma once

#include <memory>

namespace quorate::metadata {

// The node, changeable: made if there is none, copied if it is shared.
// REQUIRES: whatever led to `node` is owned in the same way, and the image that the change builds
// on is alive. Then a count of one proves that no other thread ever saw the node.
template <typename T>
T& Own(std::shared_ptr<const T>& node) {
  if (node == nullptr) {
    node = std::make_shared<T>();
  } else if (node.use_count() != 1) {
    node = std::make_shared<T>(*node);
  }
  // Every node is made above, as a T that is not const.
  return const_cast<T&>(*node);
}

}  // namespace quorate::metadata
