// The brokers that may take replicas of new partitions: what each of them leads and holds, and
// which one takes the next replica.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "base/ids.h"
#include "base/random.h"
#include "controller/decision.h"

namespace quorate::controller {

// An index below size() names a candidate. A change of one costs the logarithm of their number. A
// choice costs that and the replicas of the partition; at worst, the number of racks.
class ReplicaCandidates {
 public:
  // Distinct candidates; the leader comes first.
  using Partition = std::vector<size_t>;

  // The active brokers with their present loads. `rng` orders equals; it must outlive this.
  ReplicaCandidates(const View& view, Rng* rng);

  size_t size() const { return candidates_.size(); }
  BrokerId id(size_t index) const { return candidates_[index].id; }

  // Counts a partition that was not placed here. Brokers that are no candidates do not count.
  void Count(const std::vector<BrokerId>& replicas, BrokerId leader);

  // Orders the candidates of each rack as a ring. REQUIRES: the topic has no replica yet.
  void FormRings();
  // All candidates, one ring after the other.
  std::vector<size_t> InRings() const;

  // The `count` candidates that lead the fewest partitions in all. Of equals, those with the most
  // replicas come first, or for a factor of 1 those with the fewest. REQUIRES: count <= size().
  std::vector<size_t> FewestLeaders(size_t count, size_t replication_factor) const;

  // The candidate that takes one more replica of `partition`. It is in a rack with the fewest
  // replicas of the partition, and has the fewest of the topic there. Of equals it is the most
  // urgent one, then the one with the fewest replicas in all; or, if `turn` is given, the next one
  // in the rings behind the leader's place, which each turn shifts by one. REQUIRES: the partition
  // has less than size() replicas; with a turn, the rings are formed.
  size_t BestFollower(const Partition& partition, std::optional<size_t> turn) const;

  // One more replica of the topic.
  void AddLeader(size_t index);
  void AddFollower(size_t index);
  // Until the topic ends, `index` should hold one replica more of it than others.
  void AddExtra(size_t index);
  // The same for the `count` candidates without an extra replica that hold the fewest in all.
  // REQUIRES: there are as many.
  void AddExtras(size_t count);
  // Until the topic ends, those with a higher urgency come first among candidates that should hold
  // equally many replicas of it. It is 0 unless it is set.
  void SetUrgency(size_t index, int64_t urgency);
  // What follows belongs to another topic.
  void EndTopic();

 private:
  struct Candidate {
    BrokerId id;
    // Index of its rack; brokers without a rack share one.
    size_t rack = 0;
    // Its place in the ring of its rack.
    size_t slot = 0;
    // In all, without those of the topic that is being placed.
    int64_t leaders = 0;
    int64_t replicas = 0;
    // Random.
    uint64_t tie = 0;
    // Of the topic. `used`: one of these is set.
    bool used = false;
    int64_t topic_leaders = 0;
    int64_t topic_replicas = 0;
    int64_t extra = 0;
    int64_t urgency = 0;
  };

  // The least takes the next replica.
  struct Rank {
    // Replicas of the topic, without the extra one.
    int64_t topic_replicas = 0;
    // The urgency, negated, or else the replicas in all.
    int64_t order = 0;
    uint64_t tie = 0;
    size_t index = 0;

    friend auto operator<=>(const Rank&, const Rank&) = default;
  };
  using Ranks = absl::btree_set<Rank>;

  struct Rack {
    Ranks ranks;
    // By rank, when the rings were formed.
    std::vector<size_t> ring;
  };

  Rank RankOf(const Candidate& candidate) const;
  // As RankOf would be if the topic had no replica.
  Rank TotalRankOf(const Candidate& candidate) const;
  // Change a candidate, of which the sets hold copies: only what the order in its rack depends on;
  // until the topic ends; or all of it.
  template <typename Change>
  void ChangeInRack(size_t index, Change change);
  template <typename Change>
  void ChangeForTopic(size_t index, Change change);
  template <typename Change>
  void ChangeTotals(size_t index, Change change);

  // How many replicas of `partition` are in `rack`.
  size_t CountIn(size_t rack, const Partition& partition) const;
  // The first of `rack` that has no replica of `partition`. REQUIRES: there is one.
  Rank FirstFree(size_t rack, const Partition& partition) const;
  size_t BestRack(const Partition& partition, std::optional<size_t> turn) const;

  Rng* const rng_;
  // By id.
  std::vector<Candidate> candidates_;
  std::vector<Rack> racks_;
  // The first of each rack, and the rack.
  absl::btree_set<std::pair<Rank, size_t>> racks_by_first_;
  // By their replicas in all: everyone, and those that lead equally many partitions in all.
  Ranks by_replicas_;
  absl::btree_map<int64_t, Ranks> by_leaders_;
  std::vector<size_t> used_;
};

}  // namespace quorate::controller
