// The port through which the active controller asks the other voters which brokers they receive
// messages from.
#pragma once

#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/ids.h"

namespace quorate::controller {

struct VoterAnswer {
  NodeId voter;
  // Ascending.
  std::vector<BrokerId> brokers;
};

// Thread-safe. Never blocks.
class VoterPoll {
 public:
  virtual ~VoterPoll() = default;

  // Asks each of `voters` which brokers have sent it a message in the last `within`. `done` runs
  // once, on any thread, with the answers that arrived within half a second.
  virtual void Ask(const std::vector<NodeId>& voters, Duration within,
                   absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) = 0;
};

}  // namespace quorate::controller
