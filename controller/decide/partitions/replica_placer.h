// Chooses the brokers of new partitions. It first spreads a topic's own leaders and replicas
// evenly, and uses the remaining freedom to even out the totals of the brokers.
//
// Kafka's striped placer ignores the totals, so many small topics end up on a few brokers. A placer
// that looked only at the totals would put all leaders of a topic on a single broker that happens
// to be empty.
#pragma once

#include <cstddef>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "controller/decide/decision.h"
#include "controller/decide/partitions/replica_candidates.h"

namespace quorate::controller {

// Used for one request: each placement takes the earlier ones into account. Deterministic in (view,
// rng).
class ReplicaPlacer {
 public:
  // Active brokers take replicas. A fenced broker that holds replicas is likely to come back. It
  // takes a replica if there are too few active brokers, unless it is in controlled shutdown. A
  // fenced broker without a replica may never have run, so it takes none. `rng` breaks ties, so
  // that the topics of one leader do not all have the same followers. It must outlive the placer.
  ReplicaPlacer(const View& view, Rng* rng);

  size_t active_count() const { return candidates_.size(); }
  // The number of brokers that can take a replica: the largest possible replication factor.
  size_t candidate_count() const { return candidates_.size() + away_.size(); }
  // The number of brokers that are active or hold replicas.
  size_t member_count() const { return candidates_.size() + inactive_members_; }

  // Returns the replicas of each partition of one topic in order of preference; the first one
  // leads.
  //
  // - The brokers' leader counts for the topic differ by at most one.
  // - The replicas of a partition are in as many racks as possible.
  // - As far as racks allow it, the brokers' replica counts for the topic differ by at most one.
  // - The second replicas of the partitions that one broker leads are spread over the other
  //   brokers.
  //
  // REQUIRES: active_count() > 0; 1 <= replication_factor <= candidate_count().
  std::vector<std::vector<BrokerId>> Place(size_t partition_count, size_t replication_factor);

  // Returns the replicas of `partition_count` more partitions of a topic that has partitions. The
  // same holds for all its partitions together, as far as the replicas that it has allow it. The
  // brokers that lead or hold fewer than others get more of the new ones. REQUIRES: as Place.
  std::vector<std::vector<BrokerId>> PlaceMore(const metadata::TopicImage& topic,
                                               size_t partition_count, size_t replication_factor);

  // Counts a partition that the client assigned and that `leader` leads.
  void Count(const std::vector<BrokerId>& replicas, BrokerId leader) {
    candidates_.Count(replicas, leader);
  }

 private:
  using Partitions = std::vector<ReplicaCandidates::Partition>;

  void PlaceRounds(size_t rounds, size_t replication_factor, Partitions* placed);
  void PlaceRound(size_t round, size_t replication_factor, Partitions* placed);
  void PlaceRest(size_t partition_count, size_t replication_factor, Partitions* placed);
  // Places partitions with these leaders.
  void PlaceLed(const std::vector<size_t>& leaders, size_t replication_factor, Partitions* placed);
  // Returns how many replicas of each partition fenced brokers take.
  size_t TakenByAway(size_t replication_factor) const;
  // Ends the topic. Returns its new partitions, with the replicas on fenced brokers.
  std::vector<std::vector<BrokerId>> Finish(const Partitions& placed, size_t taken_by_away);

  // The active brokers.
  ReplicaCandidates candidates_;
  // Fenced brokers that may take a replica, sorted by the number of replicas they hold.
  std::vector<BrokerId> away_;
  size_t inactive_members_ = 0;
};

}  // namespace quorate::controller
