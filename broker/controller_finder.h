// Chooses which controller to try next while a broker looks for the active one. It goes through the
// bootstrap list, follows the active controller's endpoint if one is named, and pauses between
// rounds. It opens no connections and has no timer.
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

  // The endpoint to try or in use.
  const std::string& current() const { return current_; }

  // The current endpoint works. Rounds and pauses start from the beginning.
  void OnSuccess();

  // The current endpoint does not work. Moves on and returns how long to wait before trying the new
  // one. Within a round, in which every bootstrap endpoint is tried once, the wait is 0.
  Duration OnFailure();

  // As OnFailure, for an endpoint that answered with an error. If the error is NOT_CONTROLLER and
  // names the active controller, that controller is next, without a wait. If it has been tried in
  // this round, it is skipped: after a failover, the other controllers name the dead one for a few
  // milliseconds.
  Duration OnError(const common::v1::Error& error);

 private:
  const std::vector<std::string> bootstrap_;
  // The position in the list of the endpoint that was last taken from it.
  size_t position_;
  std::string current_;
  std::set<std::string> tried_;
  Backoff backoff_;
};

}  // namespace quorate::broker
