// Which brokers may be fenced: a controller that has lost most of them at once may be cut off
// itself, and waits (invariant 15, docs/simulation.md). No broker of a simulated world ever dies.
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

// Every time is of the clock of the controller that leads the epoch.
class BrokerChecks {
 public:
  // `hold`: as SessionOptions::mass_loss_hold.
  explicit BrokerChecks(Duration hold) : hold_(hold) {}

  void OnClaimed(Epoch epoch, MonoTime now);
  // The broker has read an answer of the leader of this epoch, and not the first one on its stream.
  void OnAnswered(BrokerId broker, Epoch epoch, MonoTime now);
  // An entry of the epoch was committed by `now`, and behind it these brokers are unfenced. What is
  // wrong with that; nothing: it may be so.
  std::optional<std::string> OnUnfenced(Epoch epoch, MonoTime now, std::set<BrokerId> unfenced);

  const std::set<BrokerId>& unfenced() const { return unfenced_; }
  // Of brokers, so far.
  size_t fences() const { return fences_; }

 private:
  // Since when more than half of these brokers have been without an answer.
  MonoTime LostSince(Epoch epoch, const std::set<BrokerId>& live) const;

  const Duration hold_;
  std::set<BrokerId> unfenced_;
  std::map<Epoch, MonoTime> claimed_;
  std::map<std::pair<Epoch, BrokerId>, MonoTime> answered_;
  size_t fences_ = 0;
};

}  // namespace quorate::sim
