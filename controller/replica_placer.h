// Chooses the brokers of new partitions. Unlike Kafka's striped placer it counts what the brokers
// already hold, so that many small topics come out as even as one large one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "controller/decision.h"

namespace quorate::controller {

// For one request: what it places counts for what it places next. Deterministic in (view, rng).
class ReplicaPlacer {
 public:
  // The candidates are the active brokers: a fenced broker may never come back, and its replica
  // would count as one from the start. `rng` breaks ties, so that the partitions which one broker
  // leads do not all have the same followers; it must outlive the placer.
  ReplicaPlacer(const View& view, Rng* rng);

  size_t candidate_count() const { return candidates_.size(); }

  // The replicas of one more partition in order of preference; the first is to lead.
  // REQUIRES: 1 <= replication_factor <= candidate_count().
  std::vector<BrokerId> Place(size_t replication_factor);

  // Counts a partition that was placed by hand and is led by `leader`.
  void Count(const std::vector<BrokerId>& replicas, BrokerId leader);

 private:
  struct Candidate {
    BrokerId id;
    // Index of its rack; brokers without a rack share one.
    size_t rack = 0;
    int64_t leaders = 0;
    int64_t replicas = 0;
    // Holds a replica of the partition that is being placed.
    bool chosen = false;
  };

  // The best of the unchosen candidates, by `rank` (least first).
  template <typename Rank>
  Candidate& Best(Rank rank);

  std::vector<Candidate> candidates_;
  // Replicas in each rack, of the partition that is being placed.
  std::vector<int64_t> in_rack_;
  Rng* const rng_;
};

}  // namespace quorate::controller
