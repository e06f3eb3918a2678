// A reply that cannot be lost. If a reply is destroyed without being called (by a loop that stops,
// for example), its gRPC call would never end, and the server's shutdown would wait for it forever.
#pragma once

#include <utility>

#include "controller/answer.h"

namespace quorate::server {

// Returns `reply`, wrapped so that it is called with an error of outcome UNKNOWN if it is destroyed
// uncalled.
template <typename T>
controller::Reply<T> EnsureAnswered(controller::Reply<T> reply) {
  class Guard {
   public:
    explicit Guard(controller::Reply<T> guarded) : guarded_(std::move(guarded)) {}
    Guard(Guard&& other) noexcept
        : guarded_(std::move(other.guarded_)), armed_(std::exchange(other.armed_, false)) {}
    ~Guard() {
      if (armed_) {
        Answer(controller::MakeError(common::v1::CONTROLLER_NOT_AVAILABLE,
                                     "this controller is stopping", common::v1::UNKNOWN));
      }
    }

    void Answer(controller::Answer<T> answer) {
      armed_ = false;
      std::move(guarded_)(std::move(answer));
    }

   private:
    controller::Reply<T> guarded_;
    bool armed_ = true;
  };
  return [guard = Guard(std::move(reply))](controller::Answer<T> answer) mutable {
    guard.Answer(std::move(answer));
  };
}

}  // namespace quorate::server
