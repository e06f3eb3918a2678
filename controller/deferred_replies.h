// Answers that wait until the committed image covers what they were decided from.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/ids.h"
#include "controller/answer.h"

namespace quorate::controller {

// Goes on (nothing) or fails with an error; called exactly once.
using Continuation = absl::AnyInvocable<void(std::optional<common::v1::Error>) &&>;

class DeferredReplies {
 public:
  struct Waiting {
    MonoTime deadline = kNever;
    // What is known of the request if it never goes on.
    common::v1::Outcome outcome = common::v1::REFUSED;
    Continuation done;
  };

  // Waits until Release reaches `end_offset`.
  void Add(RecordOffset end_offset, Waiting waiting);

  // Lets go on whoever waits for `end_offset` or less, in order of offset, then of arrival.
  void Release(RecordOffset end_offset);
  // Fails whose deadline has come: REQUEST_TIMED_OUT, with their outcome.
  void Expire(MonoTime now);
  // Fails all, with their outcome in place of the error's.
  void FailAll(const common::v1::Error& error);

  // No deadline comes before this.
  MonoTime next_deadline() const { return next_deadline_; }
  size_t size() const { return waiting_.size(); }

 private:
  std::multimap<RecordOffset, Waiting> waiting_;
  MonoTime next_deadline_ = kNever;
};

}  // namespace quorate::controller
