// Checks which brokers may be fenced: a controller that has lost most brokers at once may be cut
// off itself and must wait (invariant 15, docs/simulation.md).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace quorate::sim {

// All times are from the clock of the controller that leads the epoch.
class BrokerChecks {
 public:
  // `hold` is SessionOptions::mass_loss_hold.
  explicit BrokerChecks(Duration hold) : hold_(hold) {}

  void OnClaimed(Epoch epoch, MonoTime now);
  // Called when the broker has read an answer of this epoch's leader, except for the first one on
  // its stream.
  void OnAnswered(BrokerId broker, Epoch epoch, MonoTime now);
  // Called when an entry of the epoch was committed by `now`, after which these brokers are
  // unfenced. Those that are `leaving` may be fenced at any time: they have died, want to stop, or
  // are not registered. Returns the violation, or nullopt if this is allowed.
  std::optional<std::string> OnUnfenced(Epoch epoch, MonoTime now, std::set<BrokerId> unfenced,
                                        const std::set<BrokerId>& leaving);

  const std::set<BrokerId>& unfenced() const { return unfenced_; }
  // The number of fencings of brokers that were not leaving.
  size_t fences() const { return fences_; }

 private:
  // Returns since when more than half of these brokers have received no answer.
  MonoTime LostSince(Epoch epoch, const std::set<BrokerId>& live) const;

  const Duration hold_;
  std::set<BrokerId> unfenced_;
  std::map<Epoch, MonoTime> claimed_;
  std::map<std::pair<Epoch, BrokerId>, MonoTime> answered_;
  size_t fences_ = 0;
};

}  // namespace quorate::sim
