// Why a subscription ended, as its client is told.
#pragma once

#include <string>
#include <utility>

#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// It may subscribe again, here or elsewhere.
inline common::v1::Error MakeError(common::v1::ErrorCode code, std::string message) {
  common::v1::Error error;
  error.set_code(code);
  error.set_message(std::move(message));
  error.set_outcome(common::v1::REFUSED);
  return error;
}

}  // namespace quorate::server
