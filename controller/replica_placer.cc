#include "controller/replica_placer.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace quorate::controller {

ReplicaPlacer::ReplicaPlacer(const View& view, Rng* rng) : rng_(rng) {
  std::map<std::string, size_t> racks;
  for (const auto& [id, broker] : view.image.brokers()) {
    if (!broker->active()) continue;
    const size_t rack = racks.try_emplace(broker->rack, racks.size()).first->second;
    const PartitionTally::Load load = view.tally.LoadOf(id);
    candidates_.push_back(
        {.id = id, .rack = rack, .leaders = load.leaders, .replicas = load.replicas});
  }
  in_rack_.resize(racks.size());
}

template <typename Rank>
ReplicaPlacer::Candidate& ReplicaPlacer::Best(Rank rank) {
  Candidate* best = nullptr;
  uint64_t ties = 0;
  for (Candidate& candidate : candidates_) {
    if (candidate.chosen) continue;
    if (best == nullptr || rank(candidate) < rank(*best)) {
      best = &candidate;
      ties = 1;
    } else if (rank(candidate) == rank(*best) && rng_->Below(++ties) == 0) {
      best = &candidate;  // each of n equals ends up as the best with probability 1/n
    }
  }
  CHECK(best != nullptr) << "no broker left to place a replica on";
  return *best;
}

std::vector<BrokerId> ReplicaPlacer::Place(size_t replication_factor) {
  CHECK_GE(replication_factor, 1u);
  for (Candidate& candidate : candidates_) candidate.chosen = false;
  std::fill(in_rack_.begin(), in_rack_.end(), 0);

  std::vector<BrokerId> replicas;
  const auto choose = [&](Candidate& candidate) {
    candidate.chosen = true;
    ++candidate.replicas;
    ++in_rack_[candidate.rack];
    replicas.push_back(candidate.id);
  };

  // The replicas of the last broker that the partition would get if only replicas counted.
  std::vector<int64_t> by_replicas;
  for (const Candidate& c : candidates_) by_replicas.push_back(c.replicas);
  const auto last = by_replicas.begin() + static_cast<std::ptrdiff_t>(replication_factor) - 1;
  std::nth_element(by_replicas.begin(), last, by_replicas.end());

  // Among brokers that lead equally few: one that gets a replica in any case, and of these the one
  // that holds most, because leading gives no other a replica that it would not get anyway.
  Candidate& leader = Best([&](const Candidate& c) {
    const bool costs_evenness = c.replicas > *last;
    return std::tuple(c.leaders, costs_evenness, -c.replicas);
  });
  ++leader.leaders;
  choose(leader);
  while (replicas.size() < replication_factor) {
    // Among brokers with equally many replicas the one that leads most: the others are due to lead
    // soon, which will give them a replica then.
    choose(Best([this](const Candidate& c) {
      return std::tuple(in_rack_[c.rack], c.replicas, -c.leaders);
    }));
  }
  return replicas;
}

void ReplicaPlacer::Count(const std::vector<BrokerId>& replicas, BrokerId leader) {
  for (Candidate& candidate : candidates_) {
    if (std::find(replicas.begin(), replicas.end(), candidate.id) == replicas.end()) continue;
    ++candidate.replicas;
    if (candidate.id == leader) ++candidate.leaders;
  }
}

}  // namespace quorate::controller
