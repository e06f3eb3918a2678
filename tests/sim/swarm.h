// What one seed's world is like: every number that a run depends on, drawn before it begins. Each
// seed turns some faults on and leaves others out, so that rare combinations come up ("swarm
// testing", Groce et al. 2012).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "raft/raft_options.h"
#include "tests/sim/network.h"

namespace quorate::sim {

enum class FaultKind {
  // Processes.
  kCrash,  // kill -9, and a new start
  kStop,   // a restart in good order
  kPause,
  kTransfer,      // not a fault, but as good
  kChangeVoters,  // as well
  // Paths between machines.
  kIsolate,  // one machine from all others
  kSplit,    // any two groups from each other
  kCutOneWay,
  kClog,
  kReset,
  // Disks.
  kHangDisk,
  kSlowDisk,
  kFailWrite,  // a failed write or sync; what it left behind is as may be
  kFillDisk,
  // Disks, for good; never those of a majority of the voters.
  kWipeDisk,
  kFlipBit,
  kMisdirectWrite,
  kDamageSnapshot,
  // Clocks.
  kLeapAhead,
  kShiftWall,
};
inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kShiftWall) + 1;

struct Swarm {
  // That found the cluster: node ids from 1 on. Then those that join it as observers.
  int voters = 3;
  int observers = 0;
  // Of the phase with faults.
  Duration length = std::chrono::seconds(10);
  NetworkOptions network;
  // Timeouts and limits; identity and voters are filled in.
  raft::RaftOptions raft;

  // One round of a disk.
  Duration write_min = std::chrono::microseconds(100);
  Duration write_max = std::chrono::milliseconds(2);
  Duration read_max = std::chrono::milliseconds(1);

  // Before the first fault.
  Duration calm{0};
  // What goes wrong, and the time between two faults, on average.
  std::vector<FaultKind> faults;
  Duration fault_pause = std::chrono::seconds(1);
  // How long a fault that passes lasts, at most.
  Duration fault_max = std::chrono::seconds(1);
  // Of each million calls to its ports, how many a process dies after.
  uint64_t crash_ppm = 0;
  // How fast or slow clocks may be.
  uint64_t drift_ppm = 0;

  // A process that ended is started again within this time.
  Duration restart_max = std::chrono::seconds(1);

  // Each controller saves a snapshot after so many entries, on average; 0: never.
  uint64_t snapshot_every = 0;

  // Between two operations of the clients, on average.
  Duration client_pause = std::chrono::milliseconds(150);
  size_t value_bytes = 32;

  // Strangers (strangers.h), each of which has something to say that often, on average.
  int strangers = 0;
  Duration stranger_pause = std::chrono::milliseconds(50);
  uint64_t stranger_seed = 0;

  // Of the brokers and their paths; nothing: there are none.
  std::optional<uint64_t> broker_seed;

  // `voters`, `observers`: not drawn, but given.
  static Swarm Draw(Rng& rng, std::optional<int> voters, std::optional<int> observers);
  std::vector<NodeId> Founders() const { return NodeIds(voters); }
  std::vector<NodeId> Everybody() const { return NodeIds(voters + observers); }
  bool Has(FaultKind kind) const {
    return std::find(faults.begin(), faults.end(), kind) != faults.end();
  }

 private:
  static std::vector<NodeId> NodeIds(int last);
};

// Uniform in [min, max].
Duration RandomBetween(Rng& rng, Duration min, Duration max);

}  // namespace quorate::sim
