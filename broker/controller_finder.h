// Whom to try next while looking for the active controller: goes round the bootstrap list, follows
// the active controller's endpoint where one is named, and pauses between rounds. Pure: it dials
// nobody and has no timer.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "broker/backoff.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::broker {

class ControllerFinder {
 public:
  // Begins at `bootstrap[first % size]`, so that brokers spread over the controllers. `rng` must
  // outlive the finder. REQUIRES: bootstrap is not empty.
  ControllerFinder(std::vector<std::string> bootstrap, size_t first, Rng* rng);

  // The endpoint to try, or that is in use.
  const std::string& current() const { return current_; }

  // The current endpoint serves: rounds and pauses begin anew.
  void OnSuccess();

  // The current endpoint does not serve: moves on and returns how long to wait before trying the
  // new one. Within a round, in which every bootstrap endpoint is tried once, that is 0.
  Duration OnFailure();

  // As OnFailure, for an endpoint that answered with an error. If that is NOT_CONTROLLER and names
  // the active controller, that one is next, at once, unless it has been tried in this round: after
  // a failover the others name the dead one for a few milliseconds.
  Duration OnError(const common::v1::Error& error);

 private:
  const std::vector<std::string> bootstrap_;
  // Position of the endpoint that was tried last out of the list.
  size_t position_;
  std::string current_;
  std::set<std::string> tried_;
  Backoff backoff_;
};

}  // namespace quorate::broker
