// Chooses the brokers of new partitions: it spreads a topic's own leaders and replicas first, and
// evens the totals with what that leaves open. Kafka's striped placer does not look at the totals,
// so that many small topics end up on a few brokers. A placer that looked only at them would put
// all leaders of a topic on the one broker that happens to be empty.
#pragma once

#include <cstddef>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "controller/decision.h"
#include "controller/replica_candidates.h"

namespace quorate::controller {

// For one request: what it places counts for what it places next. Deterministic in (view, rng).
class ReplicaPlacer {
 public:
  // Active brokers take replicas. A fenced broker that holds replicas is likely to come back: it
  // takes one where there are too few active ones. A fenced broker without a replica may never have
  // run, and takes none. `rng` orders equals, so that the topics which one broker leads do not all
  // have the same followers; it must outlive the placer.
  ReplicaPlacer(const View& view, Rng* rng);

  size_t active_count() const { return candidates_.size(); }
  // The largest replication factor.
  size_t candidate_count() const { return candidates_.size() + away_.size(); }
  // Brokers that are active or hold replicas.
  size_t member_count() const { return candidates_.size() + inactive_members_; }

  // The replicas of each partition of one topic, in order of preference; the first is to lead.
  // What brokers lead of the topic differs by one at most. The replicas of a partition are in as
  // many racks as possible, and as far as racks allow it, what brokers hold of the topic differs by
  // one at most, too. The second replicas of the partitions that one broker leads are spread over
  // the other brokers. REQUIRES: active_count() > 0; 1 <= replication_factor <= candidate_count().
  std::vector<std::vector<BrokerId>> Place(size_t partition_count, size_t replication_factor);

  // Counts a partition that was placed by hand and is led by `leader`.
  void Count(const std::vector<BrokerId>& replicas, BrokerId leader) {
    candidates_.Count(replicas, leader);
  }

 private:
  using Partitions = std::vector<ReplicaCandidates::Partition>;

  void PlaceRound(size_t round, size_t replication_factor, Partitions* placed);
  void PlaceRest(size_t partition_count, size_t replication_factor, Partitions* placed);

  // The active brokers.
  ReplicaCandidates candidates_;
  // Fenced brokers that hold replicas, those with the fewest first.
  std::vector<BrokerId> away_;
  size_t inactive_members_ = 0;
};

}  // namespace quorate::controller
