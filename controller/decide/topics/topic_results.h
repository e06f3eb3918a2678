// Builds the responses of requests whose items name their topics.
#pragma once

#include <cstddef>

#include "controller/decide/item_results.h"

namespace quorate::controller {

// Returns a result with name, id and error for each topic of the request. REQUIRES: `items` are the
// results of this request.
template <typename Response, typename Request>
Response ResultsByName(const Request& request, const ItemResults& items) {
  Response response;
  for (int i = 0; i < request.topics_size(); ++i) {
    const ItemResult& item = items.at(static_cast<size_t>(i));
    auto* result = response.add_results();
    result->set_name(request.topics(i).name());
    if (!item.topic_id.is_zero()) result->set_topic_id(item.topic_id.ToString());
    if (item.code != common::v1::ERROR_CODE_UNSPECIFIED) *result->mutable_error() = ToError(item);
  }
  return response;
}

}  // namespace quorate::controller
