// Checks the invariants of docs/simulation.md after every step of any node of a cluster. It
// observes the run step by step, and each step takes constant time, independent of the length of
// the logs.
#pragma once

#include <vector>

#include "raft/node/step_observer.h"
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

// Observes every core of one cluster. It stops checking after the first violation, because later
// violations would only be consequences.
class Invariants final : public raft::StepObserver {
 public:
  // Called by the cores.
  void OnEvent(const raft::RaftCore& core, MonoTime now, const raft::Event& event) override;
  void OnStep(const raft::RaftCore& core, MonoTime now, const raft::StepResult& result) override;

  // Called by the disks when the write and all earlier ones would survive a power loss. The disk
  // itself reports this, because the driver's claims are checked.
  void OnDurable(const raft::ReplicaKey& replica, raft::WriteId id);
  // Called by the listeners in OnCommitted.
  void OnDelivered(const raft::ReplicaKey& replica, const std::vector<raft::EntryPtr>& entries);

  // Called by the processes when the replica's process was paused for `paused` until now.
  void OnResumed(const raft::ReplicaKey& replica, MonoTime now, Duration paused) {
    limits_.OnResumed(cluster_.Node(replica), now, paused);
  }

  // Called when an operator requests that the replica become a voter.
  void OnVoterRequested(const raft::ReplicaKey& replica) { membership_.OnRequested(replica); }
  // Called when the users of a leader propose this voter set. `now` is the time at which they
  // examined the quorum.
  void OnVotersDecided(const raft::ReplicaKey& leader, MonoTime now, const raft::VoterSet& next);

  // Called when the replica's disk is damaged beyond what it must survive. It may then stop
  // permanently.
  void MayGiveUp(const raft::ReplicaKey& replica) { cluster_.Node(replica).may_give_up = true; }

  // The parts of OnEvent and OnStep that work on plain values: the facts of the core before and
  // after the event.
  void BeforeStep(const raft::RaftOptions& options, MonoTime now, const NodeFacts& facts,
                  const raft::Event& event);
  void AfterStep(const raft::ReplicaKey& replica, MonoTime now, const NodeFacts& facts,
                 const std::vector<raft::Effect>& effects);

  // The violations. Empty if all invariants hold.
  const std::vector<Violation>& violations() const { return cluster_.violations(); }
  bool broken() const { return cluster_.broken(); }
  // Statistics, so that a test can detect that nothing happened in a run.
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
