// Tracks the brokers that may take replicas of new partitions: what each of them leads and holds,
// and which one takes the next replica.
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
#include "controller/decide/decision.h"

namespace quorate::controller {

// An index below size() names a candidate. Changing a candidate takes time logarithmic in their
// number. A choice takes that plus the number of replicas of the partition; at worst, the number of
// racks.
class ReplicaCandidates {
 public:
  // Distinct candidates; the leader comes first.
  using Partition = std::vector<size_t>;

  // Begins with the active brokers and their present loads. `rng` breaks ties and must outlive this
  // object.
  ReplicaCandidates(const View& view, Rng* rng);

  size_t size() const { return candidates_.size(); }
  BrokerId id(size_t index) const { return candidates_[index].id; }

  // Counts a partition that was not placed here. Replicas on brokers that are not candidates are
  // ignored.
  void Count(const std::vector<BrokerId>& replicas, BrokerId leader);

  // Begins with a topic that has partitions already. They count for the topic and no longer for the
  // totals, so that EndTopic leaves the totals right. As in a new topic, the first replica counts
  // as the leader. REQUIRES: no other topic has begun.
  void Resume(const metadata::TopicImage& topic);

  // Orders the candidates of each rack in a ring, those that hold the fewest replicas first.
  void FormRings();
  // Returns all candidates, ring by ring.
  std::vector<size_t> InRings() const;

  // Returns the `count` candidates that lead the fewest partitions in total. Among equals,
  // candidates with the most replicas come first, or, with a replication factor of 1, those with
  // the fewest. REQUIRES: count <= size().
  std::vector<size_t> FewestLeaders(size_t count, size_t replication_factor) const;

  // Returns the leaders of the next `count` partitions: each time one of the candidates that lead
  // the fewest partitions of the topic. Among equals, those that hold the fewest replicas of the
  // topic come first, then those that lead the fewest partitions in total.
  std::vector<size_t> FewestTopicLeaders(size_t count) const;
  // Returns how many partitions it takes until all candidates lead equally many of the topic.
  size_t MissingTopicLeaders() const;

  // Returns the candidate that takes one more replica of `partition`. It is in a rack with the
  // fewest replicas of the partition and has the fewest replicas of the topic there.
  //
  // Among equals, the most urgent candidate is chosen, then the one with the fewest replicas in
  // total. If `turn` is given, it is instead the next candidate in the rings after the leader's
  // place; each turn shifts it by one. REQUIRES: the partition has fewer than size() replicas; with
  // a turn, the rings are formed.
  size_t BestFollower(const Partition& partition, std::optional<size_t> turn) const;

  // Count one more replica of the topic on the candidate, as leader or as follower.
  void AddLeader(size_t index);
  void AddFollower(size_t index);
  // Until the topic ends, `index` should hold one replica more of the topic than other candidates.
  void AddExtra(size_t index);
  // Does the same for the `count` candidates without an extra replica that hold the fewest replicas
  // in total. REQUIRES: there are that many.
  void AddExtras(size_t count);
  // Until the topic ends, candidates with a higher urgency come first among those that should hold
  // equally many replicas of the topic. The default is 0.
  void SetUrgency(size_t index, int64_t urgency);
  // Ends the topic. All further calls belong to another topic.
  void EndTopic();

 private:
  struct Candidate {
    BrokerId id;
    // Index of its rack; brokers without a rack share one.
    size_t rack = 0;
    // Its place in the ring of its rack.
    size_t slot = 0;
    // Totals, without the topic that is being placed.
    int64_t leaders = 0;
    int64_t replicas = 0;
    // Random, to break ties.
    uint64_t tie = 0;
    // Values for the topic that is being placed. `used`: one of them is set.
    bool used = false;
    int64_t topic_leaders = 0;
    int64_t topic_replicas = 0;
    int64_t extra = 0;
    int64_t urgency = 0;
  };

  // The order of candidates: the least takes the next replica.
  struct Rank {
    // Replicas of the topic, not counting the extra one.
    int64_t topic_replicas = 0;
    // The negated urgency if it is set, otherwise the replicas in total.
    int64_t order = 0;
    uint64_t tie = 0;
    size_t index = 0;

    friend auto operator<=>(const Rank&, const Rank&) = default;
  };
  using Ranks = absl::btree_set<Rank>;

  struct Rack {
    Ranks ranks;
    // The candidates in the order of their ranks when the rings were formed.
    std::vector<size_t> ring;
  };

  Rank RankOf(const Candidate& candidate) const;
  // Returns what RankOf would return if the topic had no replica.
  Rank TotalRankOf(const Candidate& candidate) const;
  // Change a candidate and update the sets, which hold copies of its rank. ChangeInRack may change
  // only what the order in the rack depends on, ChangeForTopic the values for the topic, and
  // ChangeTotals everything.
  template <typename Change>
  void ChangeInRack(size_t index, Change change);
  template <typename Change>
  void ChangeForTopic(size_t index, Change change);
  template <typename Change>
  void ChangeTotals(size_t index, Change change);

  // Returns how many replicas of `partition` are in `rack`.
  size_t CountIn(size_t rack, const Partition& partition) const;
  // Returns the index of the broker, or nullopt if it is not a candidate.
  std::optional<size_t> Find(BrokerId id) const;
  // Returns the first candidate of `rack` that has no replica of `partition`. REQUIRES: there is
  // one.
  Rank FirstFree(size_t rack, const Partition& partition) const;
  size_t BestRack(const Partition& partition, std::optional<size_t> turn) const;

  Rng* const rng_;
  // Sorted by id.
  std::vector<Candidate> candidates_;
  std::vector<Rack> racks_;
  // The first candidate of each rack, with the rack.
  absl::btree_set<std::pair<Rank, size_t>> racks_by_first_;
  // Sorted by replicas in total: all candidates, and those that lead equally many partitions in
  // total.
  Ranks by_replicas_;
  absl::btree_map<int64_t, Ranks> by_leaders_;
  std::vector<size_t> used_;
};

}  // namespace quorate::controller
