// Holds answers until the committed image covers the image that they were decided from.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/ids.h"
#include "controller/answer.h"

namespace quorate::controller {

// Continues (nullopt) or fails with an error. Called exactly once.
using Continuation = absl::AnyInvocable<void(std::optional<common::v1::Error>) &&>;

class DeferredReplies {
 public:
  struct Waiting {
    MonoTime deadline = kNever;
    // What is known about the request if it fails here.
    common::v1::Outcome outcome = common::v1::REFUSED;
    Continuation done;
  };

  // Holds `waiting` until Release reaches `end_offset`.
  void Add(RecordOffset end_offset, Waiting waiting);

  // Continues all that wait for `end_offset` or less, by offset, then in order of arrival.
  void Release(RecordOffset end_offset);
  // Fails those whose deadline has passed with REQUEST_TIMED_OUT and their own outcome.
  void Expire(MonoTime now);
  // Fails all with `error`, but with their own outcome instead of the error's.
  void FailAll(const common::v1::Error& error);

  // A lower bound of the deadlines.
  MonoTime next_deadline() const { return next_deadline_; }
  size_t size() const { return waiting_.size(); }

 private:
  std::multimap<RecordOffset, Waiting> waiting_;
  MonoTime next_deadline_ = kNever;
};

}  // namespace quorate::controller
