// Makes the error of a call that was not executed, or of a stream that ends.
#pragma once

#include <string>
#include <utility>

#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// Returns an error with outcome REFUSED: the client may retry, on this node or another one.
inline common::v1::Error MakeError(common::v1::ErrorCode code, std::string message) {
  common::v1::Error error;
  error.set_code(code);
  error.set_message(std::move(message));
  error.set_outcome(common::v1::REFUSED);
  return error;
}

}  // namespace quorate::server
