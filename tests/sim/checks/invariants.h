// What must hold in a cluster after every step of any of its nodes: the invariants of
// docs/simulation.md. Shown a run as it happens, step by step; each step costs the same however
// long the logs are.
#pragma once

#include <vector>

#include "raft/step_observer.h"
#include "tests/sim/checks/cluster_record.h"
#include "tests/sim/checks/election_checks.h"
#include "tests/sim/checks/limit_checks.h"
#include "tests/sim/checks/log_checks.h"
#include "tests/sim/checks/membership_checks.h"
#include "tests/sim/checks/message_checks.h"
#include "tests/sim/checks/read_checks.h"
#include "tests/sim/checks/stranger_checks.h"
#include "tests/sim/checks/user_checks.h"

namespace quorate::sim {

// Observes every core of one cluster. After the first violation it looks no further: what follows
// from a broken run tells nothing.
class Invariants final : public raft::StepObserver {
 public:
  // From the cores.
  void OnEvent(const raft::RaftCore& core, MonoTime now, const raft::Event& event) override;
  void OnStep(const raft::RaftCore& core, MonoTime now, const raft::StepResult& result) override;

  // From the disks: the write, and every one before it, would survive a power loss now. Told by
  // the disk itself, not by the driver whose word is checked.
  void OnDurable(const raft::ReplicaKey& replica, raft::WriteId id);
  // From the listeners: OnCommitted.
  void OnDelivered(const raft::ReplicaKey& replica, const std::vector<raft::EntryPtr>& entries);

  // From the processes: the replica's was paused for so long, until now.
  void OnResumed(const raft::ReplicaKey& replica, MonoTime now, Duration paused) {
    limits_.OnResumed(cluster_.Node(replica), now, paused);
  }

  // From an operator: the replica is to be made a voter.
  void OnVoterRequested(const raft::ReplicaKey& replica) { membership_.OnRequested(replica); }
  // From the users of a leader: they propose this voter set. `now` is when they looked at the
  // quorum.
  void OnVotersDecided(const raft::ReplicaKey& leader, MonoTime now, const raft::VoterSet& next);

  // The replica's disk is being damaged beyond what it must survive: to stop for good is right.
  void MayGiveUp(const raft::ReplicaKey& replica) { cluster_.Node(replica).may_give_up = true; }

  // What OnEvent and OnStep call, on plain values: what the core is before the event, and after it.
  void BeforeStep(const raft::RaftOptions& options, MonoTime now, const NodeFacts& facts,
                  const raft::Event& event);
  void AfterStep(const raft::ReplicaKey& replica, MonoTime now, const NodeFacts& facts,
                 const std::vector<raft::Effect>& effects);

  // What was broken; empty: nothing.
  const std::vector<Violation>& violations() const { return cluster_.violations(); }
  bool broken() const { return cluster_.broken(); }
  // How much happened, so that a test can tell a run from an idle one.
  const ClusterRecord& cluster() const { return cluster_; }

 private:
  void Start(NodeRecord& node, const raft::RaftOptions& options, const NodeFacts& facts);
  void Check(NodeRecord& node, MonoTime now, const std::vector<raft::Effect>& effects);

  ClusterRecord cluster_;
  ElectionChecks elections_{&cluster_};
  LogChecks logs_{&cluster_};
  MessageChecks messages_{&cluster_};
  LimitChecks limits_{&cluster_};
  MembershipChecks membership_{&cluster_};
  ReadChecks reads_{&cluster_};
  StrangerChecks strangers_{&cluster_};
  UserChecks users_{&cluster_};
};

}  // namespace quorate::sim
