// Refuses topics that one request names more than once, as Kafka does: it is not clear which of the
// items is meant.
#pragma once

#include <map>
#include <string>

#include "controller/decide/item_results.h"

namespace quorate::controller {

class RepeatedNames {
 public:
  // `topics`: the items of a request, which have names.
  template <typename Topics>
  explicit RepeatedNames(const Topics& topics) {
    for (const auto& topic : topics) ++times_named_[topic.name()];
  }

  // Returns INVALID_REQUEST if the request names the topic more than once. REQUIRES: the request
  // names the topic.
  ItemError CheckOnce(const std::string& name) const;

 private:
  std::map<std::string, int> times_named_;
};

}  // namespace quorate::controller
