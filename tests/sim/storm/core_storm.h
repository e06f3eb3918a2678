// A cluster of bare cores under random faults, run from one seed. It works without the driver, the
// log's code and real time, so it is a hundred times faster than the whole simulator. Mutants of
// the core are caught here first.
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
  // The seed determines everything: size, limits and faults.
  explicit CoreStorm(uint64_t seed);

  // Alternates phases with and without faults, with every check enabled. Then heals the cluster,
  // which must work again. Returns nullopt on success, else a description of the failure.
  std::optional<std::string> Run();

  // Statistics of the run.
  const ClusterRecord& cluster() const { return invariants_.cluster(); }

 private:
  static raft::TestCluster::Options MakeOptions(uint64_t seed);

  NodeId RandomNode();
  bool Chance(uint64_t per_mille) { return rng_.Below(1000) < per_mille; }
  void Work();
  // Finishes one write of the log and one of a snapshot that is being received.
  void FinishWrites(NodeId id);
  void Propose(NodeId leader);
  // Makes a random node a voter if the leader considers it caught up, or removes a voter.
  void ChangeVoters();
  // Proposes this voter set, which differs from the current one in this node, if it may be
  // proposed.
  void ProposeVoters(NodeId leader, NodeId node, const raft::VoterSet& next);
  void Fault();
  // Ends the process of the node, which some of the others notice.
  void Crash(NodeId id);
  // Starts a process of the node, which all others connect to.
  void Restart(NodeId id);
  // Replaces the disk of the node by an empty one, in half of the cases while leadership is being
  // transferred to it.
  void ReplaceDisk(NodeId id);
  // Removes a voter that stands for election because its leader's messages to it are late. They
  // arrive after the leader has stopped, and before the answers to the voter's requests.
  void RemoveWhileItStands(NodeId id);
  // Cuts a leader off, so that the others consider it dead while it still believes that it leads.
  void CutOffLeader();
  // Nodes that were told to pause their users confirm it after a random number of steps.
  void ConfirmPauses();
  void Heal();
  std::optional<std::string> FindViolation() const;
  // Returns whether the node is not a voter and every voter that it knows was replaced while it was
  // away. It then believes none of the current voters (raft/core/trust.cc) and waits for an
  // operator.
  bool IsStranded(NodeId id) const;
  std::optional<std::string> CheckLiveness();

  Rng rng_;
  raft::TestCluster cluster_;
  Invariants invariants_;
  const bool has_observers_;
  // How many disks may still be replaced, so that a majority of the voters keeps its disks.
  int wipes_left_;
  int proposed_ = 0;
};

}  // namespace quorate::sim
