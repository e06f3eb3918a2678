// A cluster of bare cores under random faults, from one seed: without the driver, the log's code
// and real time, and so a hundred times quicker than the whole simulator. It is where wrong
// versions of the core are caught first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/random.h"
#include "raft/testing/test_cluster.h"
#include "tests/sim/checks/invariants.h"

namespace quorate::sim {

class CoreStorm {
 public:
  // The seed decides everything: size, limits, faults.
  explicit CoreStorm(uint64_t seed);

  // Storms and calms with every check on, then a heal after which the cluster must work again.
  // Nothing: all went well; else what went wrong.
  std::optional<std::string> Run();

  // How much happened.
  const ClusterRecord& cluster() const { return invariants_.cluster(); }

 private:
  static raft::TestCluster::Options MakeOptions(uint64_t seed);

  NodeId RandomNode();
  bool Chance(uint64_t per_mille) { return rng_.Below(1000) < per_mille; }
  void Work();
  // Of the log and of a snapshot that is received, one each.
  void FinishWrites(NodeId id);
  void Propose(NodeId leader);
  // A random node is made a voter, if the leader takes it for caught up, or is one no longer.
  void ChangeVoters();
  void Fault();
  // The others take a leader that is cut off for dead, while it still believes that it leads.
  void CutOffLeader();
  // Whoever is told to pause its users does so, mostly.
  void ConfirmPauses();
  void Heal();
  std::optional<std::string> FindViolation() const;
  // It is no voter, and every voter that it knows was replaced while it was away: it believes none
  // of those that govern (raft/trust.cc), and waits for an operator.
  bool IsStranded(NodeId id) const;
  std::optional<std::string> CheckLiveness();

  Rng rng_;
  raft::TestCluster cluster_;
  Invariants invariants_;
  const bool has_observers_;
  int proposed_ = 0;
};

}  // namespace quorate::sim
