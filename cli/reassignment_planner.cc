#include "cli/reassignment_planner.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/even_shares.h"
#include "cli/preferred_leaders.h"

namespace quorate::cli {
namespace {

// A broker's index among those that may hold replicas after the reassignment.
using Member = int32_t;
constexpr Member kNoMember = -1;

// The last replicas may need chains of moves. The search for them looks at this many candidates.
constexpr int64_t kMaxSearched = 200'000'000;

class Planner {
 public:
  Planner(const ClusterLayout& layout, const PlanOptions& options)
      : layout_(layout), options_(options) {}

  absl::StatusOr<ReassignmentPlan> Run() {
    RETURN_IF_ERROR(Prepare());
    ForEachTopic([&](size_t begin, size_t end) { EmptyExcluded(begin, end); });
    // First those of which a broker has more than the others, so that each topic stays spread.
    ForEachTopic([&](size_t begin, size_t end) { MoveSurplus(begin, end, /*only_unfair=*/true); });
    ForEachTopic([&](size_t begin, size_t end) { MoveSurplus(begin, end, /*only_unfair=*/false); });
    MoveInChains();
    EvenPreferredLeaders(movable_, LeaderRules(), &replicas_);
    return Result();
  }

 private:
  size_t size() const { return members_.size(); }

  absl::Status Prepare() {
    for (const ClusterLayout::Broker& broker : layout_.brokers) {
      racks_.emplace(broker.id, RackNumber(broker.rack));
      if (!broker.active || options_.excluded.contains(broker.id)) continue;
      member_of_.emplace(broker.id, static_cast<Member>(members_.size()));
      members_.push_back(broker.id);
      member_racks_.push_back(racks_.at(broker.id));
    }
    std::set<std::string> unknown = options_.topics;
    for (const std::string& topic : layout_.topics) unknown.erase(topic);
    if (!unknown.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("there is no topic '%s'", *unknown.begin()));
    }
    for (const int32_t id : options_.receivers) {
      if (member_of_.contains(id)) continue;
      return absl::InvalidArgumentError(absl::StrFormat(
          "broker %d cannot get replicas: it is not registered, fenced, shutting down or excluded",
          id));
    }
    if (members_.empty()) {
      return absl::InvalidArgumentError("no active broker is left that could hold replicas");
    }
    return Count();
  }

  // Counts what the brokers hold, and what they should hold.
  absl::Status Count() {
    std::set<int32_t> unknown = options_.excluded;
    for (const ClusterLayout::Broker& broker : layout_.brokers) unknown.erase(broker.id);
    load_.assign(size(), 0);
    std::vector<int64_t> pinned(size(), 0);
    int64_t total = 0;
    movable_.reserve(layout_.partitions.size());
    replicas_.reserve(layout_.partitions.size());
    for (const ClusterLayout::Partition& partition : layout_.partitions) {
      const bool movable =
          options_.topics.empty() || options_.topics.contains(layout_.topics[partition.topic]);
      movable_.push_back(movable);
      replicas_.push_back(partition.replicas);
      size_t leaves = 0;
      size_t members = 0;
      for (const int32_t id : partition.replicas) {
        const Member member = MemberOf(id);
        if (member != kNoMember) {
          ++members;
          ++load_[member];
          ++total;
          if (!movable) ++pinned[member];
        } else if (movable && options_.excluded.contains(id)) {
          ++leaves;
          ++total;
        }
        if (member == kNoMember) unknown.erase(id);
      }
      if (leaves + members > size()) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "partition %s-%d has %d replicas, but only %d active broker%s left; start more "
            "brokers, or exclude fewer",
            layout_.topics[partition.topic], partition.index, leaves + members, size(),
            size() == 1 ? " is" : "s are"));
      }
    }
    if (!unknown.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "broker %d is not registered and holds no replica, so it cannot be excluded",
          *unknown.begin()));
    }
    share_ = EvenSharesInRacks(RackSharesOf(pinned), pinned, load_, total);
    for (Member member = 0; member < static_cast<Member>(size()); ++member) {
      if (Needs(member)) needed_ += share_[member] - load_[member];
    }
    topic_count_.assign(size(), 0);
    return absl::OkStatus();
  }

  // Returns the racks of the members. A replica cannot leave its rack if it is the only one there
  // and its partition is in all racks.
  std::vector<RackShares> RackSharesOf(const std::vector<int64_t>& pinned) const {
    std::vector<RackShares> racks(rack_numbers_.size());
    for (Member member = 0; member < static_cast<Member>(size()); ++member) {
      RackShares& rack = racks[member_racks_[member]];
      rack.brokers.push_back(static_cast<size_t>(member));
      rack.least += pinned[member];
    }
    const auto used = std::count_if(racks.begin(), racks.end(),
                                    [](const RackShares& rack) { return !rack.brokers.empty(); });
    std::vector<int32_t> replicas_in(racks.size());
    for (size_t p = 0; p < replicas_.size(); ++p) {
      if (!movable_[p]) continue;
      std::vector<int32_t> of_partition;
      for (const int32_t id : replicas_[p]) {
        const std::optional<int32_t> rack = RackOf(id);
        if (!rack || racks[*rack].brokers.empty()) continue;
        if (replicas_in[*rack]++ == 0) of_partition.push_back(*rack);
      }
      const bool is_in_all = std::ssize(of_partition) == used;
      for (const int32_t rack : of_partition) {
        if (is_in_all && replicas_in[rack] == 1) ++racks[rack].least;
        replicas_in[rack] = 0;
      }
    }
    std::erase_if(racks, [](const RackShares& rack) { return rack.brokers.empty(); });
    return racks;
  }

  Member MemberOf(int32_t id) const {
    const auto it = member_of_.find(id);
    return it == member_of_.end() ? kNoMember : it->second;
  }

  int32_t RackNumber(const std::string& rack) {
    return rack_numbers_.try_emplace(rack, static_cast<int32_t>(rack_numbers_.size()))
        .first->second;
  }
  // Returns nullopt for a broker that is not registered.
  std::optional<int32_t> RackOf(int32_t id) const {
    const auto it = racks_.find(id);
    if (it == racks_.end()) return std::nullopt;
    return it->second;
  }

  bool MayReceive(Member member) const {
    return options_.receivers.empty() || options_.receivers.contains(members_[member]);
  }
  bool Needs(Member member) const { return MayReceive(member) && load_[member] < share_[member]; }
  bool HasSurplus(Member member) const { return load_[member] > share_[member]; }

  // Calls `fn` for the partitions of each topic that may change, and counts in topic_count_ what
  // the brokers hold of the topic.
  template <typename Fn>
  void ForEachTopic(Fn fn) {
    for (size_t begin = 0; begin < layout_.partitions.size();) {
      size_t end = begin;
      while (end < layout_.partitions.size() &&
             layout_.partitions[end].topic == layout_.partitions[begin].topic) {
        ++end;
      }
      if (movable_[begin]) {
        topic_replicas_ = 0;
        AddToTopicCount(begin, end, 1);
        fn(begin, end);
        AddToTopicCount(begin, end, -1);
      }
      begin = end;
    }
  }

  void AddToTopicCount(size_t begin, size_t end, int32_t times) {
    for (size_t p = begin; p < end; ++p) {
      for (const int32_t id : replicas_[p]) {
        const Member member = MemberOf(id);
        if (member == kNoMember) continue;
        topic_count_[member] += times;
        topic_replicas_ += times;
      }
    }
  }

  void EmptyExcluded(size_t begin, size_t end) {
    if (options_.excluded.empty()) return;
    for (size_t p = begin; p < end; ++p) {
      for (size_t i = 0; i < replicas_[p].size(); ++i) {
        if (!options_.excluded.contains(replicas_[p][i])) continue;
        // Any broker may take it; one that is above its share gives another replica away later.
        const std::optional<Member> to = Choose(p, i, /*must=*/true);
        if (to) Move(p, i, *to);
      }
    }
  }

  void MoveSurplus(size_t begin, size_t end, bool only_unfair) {
    const auto members = static_cast<int64_t>(size());
    const int64_t fair = (topic_replicas_ + members - 1) / members;
    for (size_t p = begin; p < end && needed_ > 0; ++p) {
      for (size_t i = 0; i < replicas_[p].size(); ++i) {
        const Member from = MemberOf(replicas_[p][i]);
        if (from == kNoMember || !HasSurplus(from)) continue;
        if (only_unfair && topic_count_[from] <= fair) continue;
        const std::optional<Member> to = Choose(p, i, /*must=*/false);
        if (to) Move(p, i, *to);
      }
    }
  }

  // The racks of the other replicas of a partition.
  struct Racks {
    // Distinct racks without the replica, and with it.
    int32_t without = 0;
    int32_t with = 0;
    std::vector<int32_t> others;

    bool Has(int32_t rack) const {
      return std::find(others.begin(), others.end(), rack) != others.end();
    }
  };

  Racks RacksOf(size_t p, size_t position) const {
    Racks racks;
    for (size_t i = 0; i < replicas_[p].size(); ++i) {
      if (i == position) continue;
      const std::optional<int32_t> rack = RackOf(replicas_[p][i]);
      if (rack && !racks.Has(*rack)) racks.others.push_back(*rack);
    }
    racks.without = static_cast<int32_t>(racks.others.size());
    const std::optional<int32_t> own = RackOf(replicas_[p][position]);
    racks.with = racks.without + (own && !racks.Has(*own) ? 1 : 0);
    return racks;
  }

  bool Holds(size_t p, Member member) const {
    const std::vector<int32_t>& replicas = replicas_[p];
    return std::find(replicas.begin(), replicas.end(), members_[member]) != replicas.end();
  }

  // Returns whether the partition is in as many racks as before if `to` gets this replica.
  bool KeepsRacks(const Racks& racks, Member to) const {
    return racks.without + (racks.Has(member_racks_[to]) ? 0 : 1) >= racks.with;
  }

  // Returns the broker that gets the replica, or nullopt if none may have it. If `must`, it may be
  // one that has its share already, or in a rack that the partition is in.
  std::optional<Member> Choose(size_t p, size_t position, bool must) {
    const Racks racks = RacksOf(p, position);
    std::optional<Member> best;
    std::tuple<bool, bool, bool, int64_t, int64_t> best_score;
    for (Member to = 0; to < static_cast<Member>(size()); ++to) {
      if (must ? !MayReceive(to) : !Needs(to)) continue;
      const bool keeps_racks = KeepsRacks(racks, to);
      if ((!must && !keeps_racks) || Holds(p, to)) continue;
      const bool is_new_rack = !racks.Has(member_racks_[to]);
      const std::tuple score(keeps_racks, Needs(to), is_new_rack, -int64_t{topic_count_[to]},
                             share_[to] - load_[to]);
      if (best && score <= best_score) continue;
      best = to;
      best_score = score;
    }
    return best;
  }

  void Move(size_t p, size_t position, Member to) {
    const Member from = MemberOf(replicas_[p][position]);
    if (from != kNoMember) {
      --load_[from];
      --topic_count_[from];
      if (Needs(from)) ++needed_;
    } else {
      ++topic_replicas_;
    }
    if (Needs(to)) --needed_;
    ++load_[to];
    ++topic_count_[to];
    replicas_[p][position] = members_[to];
    if (!holders_.empty()) holders_[to].push_back(p);
  }

  // Moves what is left of the surplus in chains: a broker above its share gives a replica to one
  // that has its share, which gives another replica to one that needs it.
  void MoveInChains() {
    int64_t searched = 0;
    for (Member from = 0; from < static_cast<Member>(size()); ++from) {
      while (needed_ > 0 && HasSurplus(from) && searched < kMaxSearched) {
        if (!MoveInChain(from, &searched)) break;
      }
    }
  }

  struct Step {
    Member from = kNoMember;
    size_t partition = 0;
  };

  // Searches for the shortest chain, breadth first. Returns whether it was found and made.
  bool MoveInChain(Member first, int64_t* searched) {
    FillHolders();
    std::vector<std::optional<Step>> came_by(size());
    came_by[first] = Step{};
    size_t reached = 1;
    std::deque<Member> next = {first};
    while (!next.empty() && *searched < kMaxSearched) {
      const Member from = next.front();
      next.pop_front();
      for (const size_t p : holders_[from]) {
        if (reached == size() || *searched >= kMaxSearched) break;
        const std::optional<size_t> position = PositionOf(p, from);
        if (!position) continue;  // it has moved away
        const Racks racks = RacksOf(p, *position);
        for (Member to = 0; to < static_cast<Member>(size()); ++to) {
          ++*searched;
          if (came_by[to] || !MayReceive(to) || !KeepsRacks(racks, to) || Holds(p, to)) continue;
          came_by[to] = Step{.from = from, .partition = p};
          ++reached;
          if (Needs(to)) return MakeChain(first, to, came_by);
          next.push_back(to);
        }
      }
    }
    return false;
  }

  bool MakeChain(Member first, Member last, const std::vector<std::optional<Step>>& came_by) {
    for (Member to = last; to != first; to = came_by[to]->from) {
      const Step step = *came_by[to];
      const std::optional<size_t> position = PositionOf(step.partition, step.from);
      // An earlier step of the chain may have moved a replica of the same partition.
      if (!position || Holds(step.partition, to)) return false;
      if (!KeepsRacks(RacksOf(step.partition, *position), to)) return false;
      Move(step.partition, *position, to);
    }
    return true;
  }

  std::optional<size_t> PositionOf(size_t p, Member member) const {
    const auto it = std::find(replicas_[p].begin(), replicas_[p].end(), members_[member]);
    if (it == replicas_[p].end()) return std::nullopt;
    return static_cast<size_t>(it - replicas_[p].begin());
  }

  void FillHolders() {
    if (!holders_.empty()) return;
    holders_.resize(size());
    for (size_t p = 0; p < replicas_.size(); ++p) {
      if (!movable_[p]) continue;
      for (const int32_t id : replicas_[p]) {
        if (const Member member = MemberOf(id); member != kNoMember) holders_[member].push_back(p);
      }
    }
  }

  PreferredLeaderRules LeaderRules() const {
    PreferredLeaderRules rules{.members = members_};
    for (Member member = 0; member < static_cast<Member>(size()); ++member) {
      rules.may_gain.push_back(MayReceive(member));
    }
    return rules;
  }

  ReassignmentPlan Result() {
    ReassignmentPlan plan;
    for (size_t p = 0; p < replicas_.size(); ++p) {
      const std::vector<int32_t>& before = layout_.partitions[p].replicas;
      std::vector<int32_t>& after = replicas_[p];
      if (after == before) continue;
      const auto moved = std::count_if(after.begin(), after.end(), [&](int32_t id) {
        return std::find(before.begin(), before.end(), id) == before.end();
      });
      plan.moved_replicas += moved;
      if (moved == 0) ++plan.reordered;
      plan.changes.push_back({.partition = p, .replicas = std::move(after)});
    }
    return plan;
  }

  const ClusterLayout& layout_;
  const PlanOptions& options_;
  absl::flat_hash_map<int32_t, int32_t> racks_;
  absl::flat_hash_map<std::string, int32_t> rack_numbers_;
  // The brokers that may hold replicas afterwards, and the number of each one's rack.
  std::vector<int32_t> members_;
  std::vector<int32_t> member_racks_;
  absl::flat_hash_map<int32_t, Member> member_of_;

  // For each partition: whether it may change, and its replicas so far.
  std::vector<bool> movable_;
  std::vector<std::vector<int32_t>> replicas_;
  // For each member: the replicas that it has so far, and that it should have.
  std::vector<int64_t> load_;
  std::vector<int64_t> share_;
  // How many replicas all members together need.
  int64_t needed_ = 0;
  // Of the current topic (ForEachTopic): the replicas of each member, and of all members.
  std::vector<int32_t> topic_count_;
  int64_t topic_replicas_ = 0;
  // The partitions that each member holds, and some that it held before. Filled when needed.
  std::vector<std::vector<size_t>> holders_;
};

}  // namespace

absl::StatusOr<ReassignmentPlan> PlanReassignment(const ClusterLayout& layout,
                                                  const PlanOptions& options) {
  return Planner(layout, options).Run();
}

}  // namespace quorate::cli
