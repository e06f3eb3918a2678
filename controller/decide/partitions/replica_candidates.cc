#include "controller/decide/partitions/replica_candidates.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "base/check.h"

namespace quorate::controller {
namespace {

bool Holds(const ReplicaCandidates::Partition& partition, size_t index) {
  return std::find(partition.begin(), partition.end(), index) != partition.end();
}

}  // namespace

ReplicaCandidates::ReplicaCandidates(const View& view, Rng* rng) : rng_(rng) {
  std::map<std::string, size_t> racks;
  for (const auto& [id, broker] : view.image.brokers()) {
    if (!broker->active()) continue;
    const PartitionTally::Load load = view.tally.LoadOf(id);
    candidates_.push_back({.id = id,
                           .rack = racks.try_emplace(broker->rack, racks.size()).first->second,
                           .leaders = load.leaders,
                           .replicas = load.replicas,
                           .tie = rng_->Next()});
  }
  racks_.resize(racks.size());
  for (const Candidate& candidate : candidates_) {
    racks_[candidate.rack].ranks.insert(RankOf(candidate));
    by_replicas_.insert(TotalRankOf(candidate));
    by_leaders_[candidate.leaders].insert(TotalRankOf(candidate));
  }
  for (size_t i = 0; i < racks_.size(); ++i) racks_by_first_.emplace(*racks_[i].ranks.begin(), i);
}

ReplicaCandidates::Rank ReplicaCandidates::TotalRankOf(const Candidate& candidate) const {
  return {.order = candidate.replicas,
          .tie = candidate.tie,
          .index = static_cast<size_t>(&candidate - candidates_.data())};
}

ReplicaCandidates::Rank ReplicaCandidates::RankOf(const Candidate& candidate) const {
  Rank rank = TotalRankOf(candidate);
  rank.topic_replicas = candidate.topic_replicas - candidate.extra;
  if (candidate.urgency > 0) rank.order = -candidate.urgency;
  return rank;
}

template <typename Change>
void ReplicaCandidates::ChangeInRack(size_t index, Change change) {
  Candidate& candidate = candidates_[index];
  Ranks& ranks = racks_[candidate.rack].ranks;
  racks_by_first_.erase({*ranks.begin(), candidate.rack});
  ranks.erase(RankOf(candidate));
  change(candidate);
  ranks.insert(RankOf(candidate));
  racks_by_first_.emplace(*ranks.begin(), candidate.rack);
}

template <typename Change>
void ReplicaCandidates::ChangeForTopic(size_t index, Change change) {
  if (!std::exchange(candidates_[index].used, true)) used_.push_back(index);
  ChangeInRack(index, change);
}

template <typename Change>
void ReplicaCandidates::ChangeTotals(size_t index, Change change) {
  const Candidate& candidate = candidates_[index];
  by_replicas_.erase(TotalRankOf(candidate));
  const auto equals = by_leaders_.find(candidate.leaders);
  equals->second.erase(TotalRankOf(candidate));
  if (equals->second.empty()) by_leaders_.erase(equals);
  ChangeInRack(index, change);
  by_replicas_.insert(TotalRankOf(candidate));
  by_leaders_[candidate.leaders].insert(TotalRankOf(candidate));
}

void ReplicaCandidates::Count(const std::vector<BrokerId>& replicas, BrokerId leader) {
  for (const BrokerId id : replicas) {
    const std::optional<size_t> index = Find(id);
    if (!index) continue;
    ChangeTotals(*index, [&](Candidate& candidate) {
      ++candidate.replicas;
      if (id == leader) ++candidate.leaders;
    });
  }
}

std::optional<size_t> ReplicaCandidates::Find(BrokerId id) const {
  const auto found = std::lower_bound(candidates_.begin(), candidates_.end(), id,
                                      [](const Candidate& c, BrokerId i) { return c.id < i; });
  if (found == candidates_.end() || found->id != id) return std::nullopt;
  return static_cast<size_t>(found - candidates_.begin());
}

void ReplicaCandidates::Resume(const metadata::TopicImage& topic) {
  struct Held {
    int64_t leaders = 0;
    int64_t replicas = 0;
  };
  std::vector<Held> held(candidates_.size());
  topic.ForEachChangedPartition(nullptr, [&](const metadata::PartitionView& partition) {
    for (size_t i = 0; i < partition.replica_count(); ++i) {
      const std::optional<size_t> index = Find(partition.replica(i));
      if (!index) continue;
      ++held[*index].replicas;
      if (i == 0) ++held[*index].leaders;
    }
  });
  for (size_t index = 0; index < held.size(); ++index) {
    if (held[index].replicas == 0) continue;
    candidates_[index].used = true;
    used_.push_back(index);
    ChangeTotals(index, [&](Candidate& candidate) {
      candidate.leaders -= held[index].leaders;
      candidate.replicas -= held[index].replicas;
      candidate.topic_leaders = held[index].leaders;
      candidate.topic_replicas = held[index].replicas;
    });
  }
}

void ReplicaCandidates::AddFollower(size_t index) {
  ChangeForTopic(index, [](Candidate& candidate) { ++candidate.topic_replicas; });
}

void ReplicaCandidates::AddLeader(size_t index) {
  AddFollower(index);
  ++candidates_[index].topic_leaders;
}

void ReplicaCandidates::AddExtra(size_t index) {
  ChangeForTopic(index, [](Candidate& candidate) { candidate.extra = 1; });
}

void ReplicaCandidates::AddExtras(size_t count) {
  for (auto it = by_replicas_.begin(); count > 0; ++it) {
    if (candidates_[it->index].extra > 0) continue;
    AddExtra(it->index);
    --count;
  }
}

void ReplicaCandidates::SetUrgency(size_t index, int64_t urgency) {
  ChangeForTopic(index, [&](Candidate& candidate) { candidate.urgency = urgency; });
}

void ReplicaCandidates::EndTopic() {
  for (const size_t index : used_) {
    ChangeTotals(index, [this](Candidate& candidate) {
      candidate.leaders += std::exchange(candidate.topic_leaders, 0);
      candidate.replicas += std::exchange(candidate.topic_replicas, 0);
      candidate.extra = 0;
      candidate.urgency = 0;
      candidate.used = false;
      candidate.tie = rng_->Next();
    });
  }
  used_.clear();
}

void ReplicaCandidates::FormRings() {
  for (Rack& rack : racks_) {
    rack.ring.clear();
    for (const Rank& rank : rack.ranks) {
      candidates_[rank.index].slot = rack.ring.size();
      rack.ring.push_back(rank.index);
    }
  }
}

std::vector<size_t> ReplicaCandidates::InRings() const {
  std::vector<size_t> all;
  for (const Rack& rack : racks_) all.insert(all.end(), rack.ring.begin(), rack.ring.end());
  return all;
}

std::vector<size_t> ReplicaCandidates::FewestLeaders(size_t count,
                                                     size_t replication_factor) const {
  std::vector<size_t> fewest;
  const auto take = [&](const Rank& rank) {
    if (fewest.size() < count) fewest.push_back(rank.index);
  };
  for (const auto& [leaders, equals] : by_leaders_) {
    if (fewest.size() == count) break;
    // With followers, they even out the replica counts: brokers that hold few replicas get one
    // without leading.
    if (replication_factor == 1) {
      std::for_each(equals.begin(), equals.end(), take);
    } else {
      std::for_each(equals.rbegin(), equals.rend(), take);
    }
  }
  return fewest;
}

std::vector<size_t> ReplicaCandidates::FewestTopicLeaders(size_t count) const {
  // Topic leaders, topic replicas, leaders in total, tie, index. The least leads next.
  using Place = std::tuple<int64_t, int64_t, int64_t, uint64_t, size_t>;
  absl::btree_set<Place> places;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const Candidate& candidate = candidates_[i];
    places.emplace(candidate.topic_leaders, candidate.topic_replicas, candidate.leaders,
                   candidate.tie, i);
  }
  std::vector<size_t> leaders;
  leaders.reserve(count);
  while (leaders.size() < count) {
    const auto [topic_leaders, topic_replicas, total, tie, index] = *places.begin();
    places.erase(places.begin());
    leaders.push_back(index);
    places.emplace(topic_leaders + 1, topic_replicas + 1, total, tie, index);
  }
  return leaders;
}

size_t ReplicaCandidates::MissingTopicLeaders() const {
  int64_t most = 0;
  int64_t sum = 0;
  for (const Candidate& candidate : candidates_) {
    most = std::max(most, candidate.topic_leaders);
    sum += candidate.topic_leaders;
  }
  return static_cast<size_t>(most * static_cast<int64_t>(candidates_.size()) - sum);
}

size_t ReplicaCandidates::CountIn(size_t rack, const Partition& partition) const {
  return static_cast<size_t>(std::count_if(partition.begin(), partition.end(), [&](size_t index) {
    return candidates_[index].rack == rack;
  }));
}

ReplicaCandidates::Rank ReplicaCandidates::FirstFree(size_t rack,
                                                     const Partition& partition) const {
  const Ranks& ranks = racks_[rack].ranks;
  return *std::find_if(ranks.begin(), ranks.end(),
                       [&](const Rank& rank) { return !Holds(partition, rank.index); });
}

size_t ReplicaCandidates::BestRack(const Partition& partition, std::optional<size_t> turn) const {
  std::optional<std::tuple<size_t, Rank, size_t>> best;
  for (const auto& [first, rack] : racks_by_first_) {
    const size_t in_use = CountIn(rack, partition);
    if (in_use == racks_[rack].ranks.size()) continue;
    const std::tuple found(in_use, FirstFree(rack, partition), rack);
    if (!best || found < *best) best = found;
    if (in_use == 0) break;  // the remaining racks are no better
  }
  CHECK(best) << "no broker is left to place a replica on";
  const auto& [least_use, first, best_rack] = *best;
  if (!turn || racks_.size() == 1) return best_rack;

  // The first equally good rack, starting at the rack after the leader's, shifted by the turn.
  size_t rack = candidates_[partition.front()].rack + 1 + *turn % (racks_.size() - 1);
  for (;; ++rack) {
    rack %= racks_.size();
    if (CountIn(rack, partition) != least_use || racks_[rack].ranks.size() == least_use) continue;
    if (FirstFree(rack, partition).topic_replicas == first.topic_replicas) return rack;
  }
}

size_t ReplicaCandidates::BestFollower(const Partition& partition,
                                       std::optional<size_t> turn) const {
  const Rack& rack = racks_[BestRack(partition, turn)];
  const size_t rack_index = static_cast<size_t>(&rack - racks_.data());
  const Rank first = FirstFree(rack_index, partition);
  if (!turn) return first.index;

  const Candidate& leader = candidates_[partition.front()];
  size_t slot = leader.slot;
  if (leader.rack != rack_index) {
    slot += *turn / (racks_.size() - 1);  // one place further after each round of the racks
  } else {
    slot += 1 + *turn % (rack.ring.size() - 1);  // never the leader's own place
  }
  Rank from = TotalRankOf(candidates_[rack.ring[slot % rack.ring.size()]]);
  from.topic_replicas = first.topic_replicas;
  for (auto it = rack.ranks.lower_bound(from);
       it != rack.ranks.end() && it->topic_replicas == first.topic_replicas; ++it) {
    if (!Holds(partition, it->index)) return it->index;
  }
  return first.index;
}

}  // namespace quorate::controller
