// The results of a request's items, as decisions return them and as the log stores them for retries
// (RequestResultRecord).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/answer.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

using ItemResult = metadata::RequestResult::Item;

// One result for each item of the request, in the request's order.
using ItemResults = std::vector<ItemResult>;

// The error of one item. nullopt: there is no error.
using ItemError = std::optional<ItemResult>;

inline ItemResult MakeItemError(common::v1::ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message)};
}

// REQUIRES: the item has an error code.
inline common::v1::Error ToError(const ItemResult& item) {
  return MakeError(static_cast<common::v1::ErrorCode>(item.code), item.message);
}

}  // namespace quorate::controller
