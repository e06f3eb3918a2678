// The remembered answer to a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"

namespace quorate::metadata {

// The most bytes of RequestResult::response.
inline constexpr size_t kMaxRememberedResponseBytes = 64 << 10;

// The answer that a mutating request received (RequestResultRecord).
struct RequestResult {
  struct Item {
    int32_t code = 0;  // quorate.common.v1.ErrorCode
    std::string message;
    Uuid topic_id;  // zero if there is none

    friend bool operator==(const Item&, const Item&) = default;
  };
  std::string principal;
  RequestId request_id;
  std::string method;
  uint64_t request_hash = 0;
  std::vector<Item> items;
  // For an operation whose response does not follow from `items`, such as one that returns an id
  // that it has allocated: the response as the operation encodes it. Only that operation decodes
  // it. Empty for all others, and before metadata version 2.
  std::string response;

  friend bool operator==(const RequestResult&, const RequestResult&) = default;
};

// What an image knows about a request id.
struct RequestLookup {
  enum class Kind {
    kNew,      // there is no result: execute the request
    kKnown,    // `result` is the answer
    kEvicted,  // at or below the client's highest evicted sequence: the outcome is unknown
  };
  Kind kind = Kind::kNew;
  std::shared_ptr<const RequestResult> result;
};

}  // namespace quorate::metadata
