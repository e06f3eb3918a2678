// The answer to a request: a response, or one error for the whole request. Errors of single items
// are part of the response.
#pragma once

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "base/ids.h"
#include "base/time.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

template <typename T>
using Answer = std::variant<T, common::v1::Error>;

// Receives the answer. It is called exactly once and must do no more than pass the value on.
template <typename T>
using Reply = absl::AnyInvocable<void(Answer<T>) &&>;

// The sender of a request and the limits on when it may be decided.
struct RequestContext {
  std::string principal;
  MonoTime deadline = kNever;
  // The request is decided in this epoch or not at all. 0 allows any epoch.
  Epoch epoch;
};

inline common::v1::Error MakeError(common::v1::ErrorCode code, std::string message,
                                   common::v1::Outcome outcome = common::v1::REFUSED) {
  common::v1::Error error;
  error.set_code(code);
  error.set_message(std::move(message));
  error.set_outcome(outcome);
  return error;
}

}  // namespace quorate::controller
