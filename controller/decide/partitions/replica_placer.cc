#include "controller/decide/partitions/replica_placer.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.h"

namespace quorate::controller {

ReplicaPlacer::ReplicaPlacer(const View& view, Rng* rng) : candidates_(view, rng) {
  std::vector<std::pair<int64_t, BrokerId>> away;
  for (const auto& [id, broker] : view.image.brokers()) {
    const int64_t replicas = view.tally.LoadOf(id).replicas;
    if (broker->active() || replicas == 0) continue;
    ++inactive_members_;
    if (!broker->in_controlled_shutdown) away.emplace_back(replicas, id);
  }
  std::sort(away.begin(), away.end());
  for (const auto& [replicas, id] : away) away_.push_back(id);
}

std::vector<std::vector<BrokerId>> ReplicaPlacer::Place(size_t partition_count,
                                                        size_t replication_factor) {
  const size_t taken_by_away = TakenByAway(replication_factor);
  replication_factor -= taken_by_away;
  Partitions placed;
  placed.reserve(partition_count);
  PlaceRounds(partition_count / candidates_.size(), replication_factor, &placed);
  PlaceRest(partition_count % candidates_.size(), replication_factor, &placed);
  return Finish(placed, taken_by_away);
}

std::vector<std::vector<BrokerId>> ReplicaPlacer::PlaceMore(const metadata::TopicImage& topic,
                                                            size_t partition_count,
                                                            size_t replication_factor) {
  const size_t taken_by_away = TakenByAway(replication_factor);
  replication_factor -= taken_by_away;
  candidates_.Resume(topic);
  // First the partitions that make up for the differences between the brokers, and those that do
  // not fill a round.
  const size_t missing = candidates_.MissingTopicLeaders();
  const size_t rounds =
      partition_count > missing ? (partition_count - missing) / candidates_.size() : 0;
  Partitions placed;
  placed.reserve(partition_count);
  PlaceLed(candidates_.FewestTopicLeaders(partition_count - rounds * candidates_.size()),
           replication_factor, &placed);
  PlaceRounds(rounds, replication_factor, &placed);
  return Finish(placed, taken_by_away);
}

// Every active broker holds every partition before a fenced one holds any.
size_t ReplicaPlacer::TakenByAway(size_t replication_factor) const {
  CHECK(1 <= replication_factor && replication_factor <= candidate_count());
  return replication_factor - std::min(replication_factor, active_count());
}

std::vector<std::vector<BrokerId>> ReplicaPlacer::Finish(const Partitions& placed,
                                                         size_t taken_by_away) {
  candidates_.EndTopic();
  std::vector<std::vector<BrokerId>> partitions;
  partitions.reserve(placed.size());
  for (const ReplicaCandidates::Partition& partition : placed) {
    std::vector<BrokerId>& replicas = partitions.emplace_back();
    replicas.reserve(partition.size() + taken_by_away);
    for (const size_t index : partition) replicas.push_back(candidates_.id(index));
    for (size_t i = 0; i < taken_by_away; ++i) {
      replicas.push_back(away_[(partitions.size() - 1 + i) % away_.size()]);
    }
  }
  return partitions;
}

void ReplicaPlacer::PlaceRounds(size_t rounds, size_t replication_factor, Partitions* placed) {
  if (rounds > 0) candidates_.FormRings();
  for (size_t round = 0; round < rounds; ++round) PlaceRound(round, replication_factor, placed);
}

// Every candidate leads one partition. All partitions get their second replica before any gets its
// third. If racks are equal, each candidate is second once, third once, and so on.
void ReplicaPlacer::PlaceRound(size_t round, size_t replication_factor, Partitions* placed) {
  const size_t begin = placed->size();
  for (const size_t leader : candidates_.InRings()) {
    candidates_.AddLeader(leader);
    placed->push_back({leader});
  }
  for (size_t follower = 0; follower + 1 < replication_factor; ++follower) {
    for (size_t i = begin; i < placed->size(); ++i) {
      ReplicaCandidates::Partition& partition = (*placed)[i];
      partition.push_back(candidates_.BestFollower(partition, round + follower));
      candidates_.AddFollower(partition.back());
    }
  }
}

// Places fewer partitions than there are candidates. Some candidates lead one, and some get one
// replica more than others, depending on the totals.
void ReplicaPlacer::PlaceRest(size_t partition_count, size_t replication_factor,
                              Partitions* placed) {
  const std::vector<size_t> leaders =
      candidates_.FewestLeaders(partition_count, replication_factor);
  const size_t replica_count = partition_count * replication_factor;
  size_t extras = replica_count % candidates_.size();
  if (replica_count < candidates_.size()) {
    for (const size_t leader : leaders) candidates_.AddExtra(leader);
    extras -= leaders.size();
  }
  candidates_.AddExtras(extras);
  PlaceLed(leaders, replication_factor, placed);
}

void ReplicaPlacer::PlaceLed(const std::vector<size_t>& leaders, size_t replication_factor,
                             Partitions* placed) {
  for (size_t i = 0; i < leaders.size(); ++i) {
    // Leaders are counted before any follower is placed. A leader cannot follow in its own
    // partition. The later that partition is placed, the sooner the leader must get the replicas
    // that it lacks.
    candidates_.AddLeader(leaders[i]);
    candidates_.SetUrgency(leaders[i], static_cast<int64_t>(i) + 1);
  }
  for (const size_t leader : leaders) {
    ReplicaCandidates::Partition partition = {leader};
    while (partition.size() < replication_factor) {
      partition.push_back(candidates_.BestFollower(partition, std::nullopt));
      candidates_.AddFollower(partition.back());
    }
    placed->push_back(std::move(partition));
  }
}

}  // namespace quorate::controller
