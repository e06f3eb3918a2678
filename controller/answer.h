// How the controller answers: a response, or one error for the request as a whole. Errors of single
// items travel inside the response.
#pragma once

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/ids.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

template <typename T>
using Answer = std::variant<T, common::v1::Error>;

// Called exactly once; it only hands the value on.
template <typename T>
using Reply = absl::AnyInvocable<void(Answer<T>) &&>;

// Who asks, and until when the answer is of use.
struct RequestContext {
  std::string principal;
  MonoTime deadline = kNever;
  // The request is decided in this epoch or not at all; 0: in any.
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
