#include "cli/preferred_leaders.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "cli/even_shares.h"

namespace quorate::cli {
namespace {

using Member = size_t;

// A flow of leaderships between brokers. A broker can hand a leadership to each other broker that
// has a replica of the partition. From those with too many to those with too few, leaderships move
// along shortest paths, as many at once as the path allows.
class LeaderFlow {
 public:
  LeaderFlow(const std::vector<bool>& movable, const PreferredLeaderRules& rules,
             std::vector<std::vector<int32_t>>* replicas)
      : rules_(rules), replicas_(*replicas), leads_(rules.members.size()), edges_(leads_.size()) {
    for (Member member = 0; member < leads_.size(); ++member) {
      member_of_.emplace(rules.members[member], member);
    }
    std::vector<int64_t> pinned(leads_.size());
    int64_t total = 0;
    for (size_t p = 0; p < replicas_.size(); ++p) {
      const std::optional<Member> leader = LeaderOf(p);
      if (!leader) continue;
      ++leads_[*leader];
      ++total;
      if (movable[p]) {
        AddEdges(p, *leader);
      } else {
        ++pinned[*leader];
      }
    }
    share_ = EvenShares(pinned, leads_, total);
  }

  void Run() {
    while (PushAlongOnePath()) {
    }
  }

 private:
  // The partitions that one broker leads and another one could lead.
  struct Edge {
    int64_t count = 0;
    // These, and some that the broker has handed over meanwhile.
    std::vector<size_t> partitions;
  };

  std::optional<Member> MemberOf(int32_t id) const {
    const auto it = member_of_.find(id);
    if (it == member_of_.end()) return std::nullopt;
    return it->second;
  }
  std::optional<Member> LeaderOf(size_t p) const {
    return replicas_[p].empty() ? std::nullopt : MemberOf(replicas_[p][0]);
  }

  void AddEdges(size_t p, Member leader) {
    for (const int32_t id : replicas_[p]) {
      const std::optional<Member> other = MemberOf(id);
      if (!other || *other == leader) continue;
      Edge& edge = edges_[leader][*other];
      ++edge.count;
      edge.partitions.push_back(p);
    }
  }
  void RemoveEdges(size_t p, Member leader) {
    for (const int32_t id : replicas_[p]) {
      const std::optional<Member> other = MemberOf(id);
      if (other && *other != leader) --edges_[leader][*other].count;
    }
  }

  bool Needs(Member member) const {
    return rules_.may_gain[member] && leads_[member] < share_[member];
  }

  // Returns false if no path leads from a broker with too many to one with too few.
  bool PushAlongOnePath() {
    std::vector<std::optional<Member>> came_from(leads_.size());
    std::deque<Member> next;
    for (Member member = 0; member < leads_.size(); ++member) {
      if (leads_[member] <= share_[member]) continue;
      came_from[member] = member;
      next.push_back(member);
    }
    while (!next.empty()) {
      const Member from = next.front();
      next.pop_front();
      for (const auto& [to, edge] : edges_[from]) {
        if (edge.count == 0 || came_from[to] || !rules_.may_gain[to]) continue;
        came_from[to] = from;
        if (Needs(to)) {
          Push(to, came_from);
          return true;
        }
        next.push_back(to);
      }
    }
    return false;
  }

  void Push(Member last, const std::vector<std::optional<Member>>& came_from) {
    int64_t amount = share_[last] - leads_[last];
    Member first = last;
    for (; *came_from[first] != first; first = *came_from[first]) {
      amount = std::min(amount, edges_[*came_from[first]][first].count);
    }
    amount = std::min(amount, leads_[first] - share_[first]);
    for (Member to = last; to != first; to = *came_from[to]) {
      for (int64_t i = 0; i < amount; ++i) HandOver(*came_from[to], to);
    }
  }

  void HandOver(Member from, Member to) {
    std::vector<size_t>& candidates = edges_[from][to].partitions;
    while (LeaderOf(candidates.back()) != from) candidates.pop_back();
    const size_t p = candidates.back();
    candidates.pop_back();
    RemoveEdges(p, from);
    std::vector<int32_t>& replicas = replicas_[p];
    const auto it = std::find(replicas.begin(), replicas.end(), rules_.members[to]);
    std::rotate(replicas.begin(), it, it + 1);
    AddEdges(p, to);
    --leads_[from];
    ++leads_[to];
  }

  const PreferredLeaderRules& rules_;
  std::vector<std::vector<int32_t>>& replicas_;
  absl::flat_hash_map<int32_t, Member> member_of_;
  std::vector<int64_t> leads_;
  std::vector<int64_t> share_;
  // For each broker, by the other one. Ordered, so that the result does not depend on hashes.
  std::vector<absl::btree_map<Member, Edge>> edges_;
};

}  // namespace

void EvenPreferredLeaders(const std::vector<bool>& movable, const PreferredLeaderRules& rules,
                          std::vector<std::vector<int32_t>>* replicas) {
  LeaderFlow(movable, rules, replicas).Run();
}

}  // namespace quorate::cli
