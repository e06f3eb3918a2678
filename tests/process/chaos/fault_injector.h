// Carries out the faults of a plan on a cluster of real processes.
#pragma once

#include <chrono>
#include <compare>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "tests/harness/cluster.h"
#include "tests/process/chaos/fault_plan.h"
#include "tests/process/chaos/violations.h"

namespace quorate::testing {

// Not thread-safe. Uses only processes of the cluster.
class FaultInjector {
 public:
  // REQUIRES: the cluster has proxies in front of its peers and clients, and all its processes run.
  FaultInjector(Cluster* cluster, Violations* violations);

  // Carries out the plan at its times and logs each step. Meanwhile, reports each process that ends
  // by itself. Afterwards no fault is left, and every process runs.
  void Run(const std::vector<Fault>& plan);

 private:
  // A process of the cluster.
  struct Member {
    bool is_controller = false;
    int number = 0;

    friend auto operator<=>(const Member&, const Member&) = default;
  };

  void Begin(const Fault& fault, int target);
  void End(const Fault& fault, int target);

  // Returns the process, which may have ended.
  Process& ProcessOf(const Member& member);
  // Returns the process after the end of an earlier stop.
  Process& Running(const Member& member);
  void Kill(const Member& member);
  // Asks it to stop.
  void Stop(const Member& member);
  // Starts it again after Kill, or after Stop as soon as it has ended.
  void Restart(const Member& member);
  void Start(const Member& member);
  // Starts the member if it has ended since Stop. Reports it if it ended with an error or does not
  // end. Returns false while it still runs.
  bool FinishStop(const Member& member);
  // Finishes stops, and reports and starts each process that has ended by itself.
  void LookAfterMembers();
  // Returns the active controller as most of those that answer see it, or else any.
  int FindActive();
  // Returns the target of the fault as a number.
  int Resolve(const Fault& fault);
  int OtherOf(int target, const Fault& fault) const;
  void ForEachPeerProxy(int node, const std::function<void(FaultProxy&)>& fn);

  Cluster& cluster_;
  Violations& violations_;
  // The processes that were killed or asked to stop.
  std::set<Member> down_;
  // Those that were asked to stop and are to be started again, with the time at which it is an
  // error that they still run.
  std::map<Member, std::chrono::steady_clock::time_point> stopping_;
};

}  // namespace quorate::testing
